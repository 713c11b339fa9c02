// Copyright: (c) 2026, the dcass.sftp contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
//
// relay CLIENTS SERVER MICROSECONDS: joins two network namespaces by a line that holds every packet back for so long,
// each way, where the kernel has no netem. Packets pass as large as the kernel made them (segmentation offload), so
// that a line of hundreds of megabytes a second costs this process a few thousand packets a second.
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>

enum { LARGEST = 68000, AT_ONCE = 64 };

struct packet {
    struct packet *next;
    int64_t due;
    ssize_t size;
    char bytes[];
};

struct way {
    int from, to;
    int64_t delay;
    struct packet *first, **last;
};

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

// The end of the line in a namespace: a TUN device called `line`.
static int end_in(const char *namespace)
{
    char path[256];
    snprintf(path, sizeof path, "/run/netns/%s", namespace);
    int space = open(path, O_RDONLY);
    if (space < 0 || setns(space, CLONE_NEWNET))
        err(1, "%s", path);
    close(space);
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
    struct ifreq request = {.ifr_name = "line", .ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR};
    int header = sizeof(struct virtio_net_hdr);
    if (fd < 0 || ioctl(fd, TUNSETIFF, &request) || ioctl(fd, TUNSETVNETHDRSZ, &header)
        || ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4))
        err(1, "a TUN device in %s", namespace);
    return fd;
}

static void take_in(struct way *way)
{
    static _Thread_local char bytes[LARGEST];
    for (int taken = 0; taken < AT_ONCE; taken++) {
        ssize_t size = read(way->from, bytes, sizeof bytes);
        if (size <= 0)
            return;
        struct packet *packet = malloc(sizeof *packet + size);
        if (!packet)
            err(1, "a packet");
        *packet = (struct packet){.due = now() + way->delay, .size = size};
        memcpy(packet->bytes, bytes, size);
        *way->last = packet;
        way->last = &packet->next;
    }
}

static void let_out(struct way *way)
{
    while (way->first && way->first->due <= now()) {
        struct packet *packet = way->first;
        if (write(way->to, packet->bytes, packet->size) < 0 && errno != EIO)  // the far end is not up yet
            warn("a packet of %zd bytes is lost", packet->size);
        way->first = packet->next;
        if (!way->first)
            way->last = &way->first;
        free(packet);
    }
}

static void *carry(void *one_way)
{
    struct way *way = one_way;
    struct pollfd coming = {.fd = way->from, .events = POLLIN};
    way->last = &way->first;
    prctl(PR_SET_TIMERSLACK, 1000);  // a millisecond is not rounded up
    for (;;) {
        int64_t wait = way->first ? way->first->due - now() : 0;
        struct timespec until = {.tv_sec = wait / 1000000000, .tv_nsec = wait % 1000000000};
        if ((!way->first || wait > 0) && ppoll(&coming, 1, way->first ? &until : NULL, NULL) < 0 && errno != EINTR)
            err(1, "ppoll");
        take_in(way);
        let_out(way);
    }
}

int main(int count, char **words)
{
    if (count != 4)
        errx(2, "usage: relay CLIENTS SERVER MICROSECONDS");
    int clients = end_in(words[1]), server = end_in(words[2]);
    int64_t delay = atoll(words[3]) * 1000;
    struct way there = {.from = clients, .to = server, .delay = delay};
    struct way back = {.from = server, .to = clients, .delay = delay};
    setpriority(PRIO_PROCESS, 0, -20);  // packets wait for the line, not for whoever is busy
    pthread_t thread;
    if (pthread_create(&thread, NULL, carry, &there))
        errx(1, "no second thread");
    puts("ready");
    fflush(stdout);
    carry(&back);
}
