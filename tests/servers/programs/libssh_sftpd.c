// Copyright: (c) 2026, the dcass.sftp contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

/* An SSH server with SFTP alone, for reading: libssh_sftpd HOME ADDRESS PORT. HOME holds host_key, authorized_keys and
   root. Each connection is served by a process of its own. */
#define WITH_SERVER
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <libssh/sftp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define SSH_RSA_AND_MORE "ssh-rsa,rsa-sha2-256,rsa-sha2-512"
#define MOST_READ (256 * 1024)

struct opened {
    DIR *folder; /* NULL: a file */
    int file;
};

static char root[4096];
static ssh_key known;
static ssh_channel channel;
static sftp_session sftp;
static int let_in;

static int status_of(int error)
{
    return error == ENOENT ? SSH_FX_NO_SUCH_FILE : error == EACCES ? SSH_FX_PERMISSION_DENIED : SSH_FX_FAILURE;
}

static void real(const char *name, char *path, size_t size)
{
    snprintf(path, size, "%s/%s", root, strstr(name, "..") ? "" : name);
}

static int tell(sftp_client_message message, int failed, struct stat *found)
{
    struct sftp_attributes_struct attributes = {0};

    if (failed)
        return sftp_reply_status(message, status_of(errno), "no");
    attributes.flags = SSH_FILEXFER_ATTR_SIZE | SSH_FILEXFER_ATTR_UIDGID | SSH_FILEXFER_ATTR_PERMISSIONS
                       | SSH_FILEXFER_ATTR_ACMODTIME;
    attributes.size = found->st_size;
    attributes.uid = found->st_uid;
    attributes.gid = found->st_gid;
    attributes.permissions = found->st_mode;
    attributes.atime = found->st_atime;
    attributes.mtime = found->st_mtime;
    return sftp_reply_attr(message, &attributes);
}

static int reply_opened(sftp_client_message message, DIR *folder, int file)
{
    struct opened *one;
    ssh_string handle;
    int sent;

    if (folder == NULL && file < 0)
        return sftp_reply_status(message, status_of(errno), "no");
    one = calloc(1, sizeof(*one));
    one->folder = folder;
    one->file = file;
    handle = sftp_handle_alloc(sftp, one);
    if (handle == NULL) {
        free(one);
        return sftp_reply_status(message, SSH_FX_FAILURE, "too many");
    }
    sent = sftp_reply_handle(message, handle);
    ssh_string_free(handle);
    return sent;
}

static int reply_names(sftp_client_message message, DIR *folder)
{
    struct sftp_attributes_struct attributes;
    struct dirent *entry;
    struct stat found;
    int count = 0;

    while (count < 50 && (entry = readdir(folder)) != NULL) {
        memset(&attributes, 0, sizeof(attributes));
        if (fstatat(dirfd(folder), entry->d_name, &found, AT_SYMLINK_NOFOLLOW) == 0) {
            attributes.flags = SSH_FILEXFER_ATTR_SIZE | SSH_FILEXFER_ATTR_PERMISSIONS | SSH_FILEXFER_ATTR_ACMODTIME;
            attributes.size = found.st_size;
            attributes.permissions = found.st_mode;
            attributes.atime = found.st_atime;
            attributes.mtime = found.st_mtime;
        }
        sftp_reply_names_add(message, entry->d_name, entry->d_name, &attributes);
        count++;
    }
    return count ? sftp_reply_names(message) : sftp_reply_status(message, SSH_FX_EOF, "end");
}

static int reply_read(sftp_client_message message, int file)
{
    static char data[MOST_READ];
    size_t wanted = message->len < MOST_READ ? message->len : MOST_READ;
    ssize_t count = pread(file, data, wanted, message->offset);

    if (count <= 0)
        return sftp_reply_status(message, count ? SSH_FX_FAILURE : SSH_FX_EOF, "end");
    return sftp_reply_data(message, data, count);
}

static int reply_closed(sftp_client_message message, struct opened *one)
{
    sftp_handle_remove(sftp, one);
    if (one->folder)
        closedir(one->folder);
    else
        close(one->file);
    free(one);
    return sftp_reply_status(message, SSH_FX_OK, "closed");
}

static int answer(sftp_client_message message)
{
    struct opened *one = message->handle ? sftp_handle(sftp, message->handle) : NULL;
    struct stat found;
    char path[8192] = "";

    if (message->filename)
        real(message->filename, path, sizeof(path));
    switch (message->type) {
    case SSH_FXP_REALPATH:
        return sftp_reply_name(message, message->filename[0] == '/' ? message->filename : "/", NULL);
    case SSH_FXP_STAT:
        return tell(message, stat(path, &found), &found);
    case SSH_FXP_LSTAT:
        return tell(message, lstat(path, &found), &found);
    case SSH_FXP_OPENDIR:
        return reply_opened(message, opendir(path), -1);
    case SSH_FXP_OPEN:
        if (message->flags != SSH_FXF_READ)
            return sftp_reply_status(message, SSH_FX_PERMISSION_DENIED, "for reading alone");
        return reply_opened(message, NULL, open(path, O_RDONLY));
    }
    if (one && message->type == SSH_FXP_FSTAT && !one->folder)
        return tell(message, fstat(one->file, &found), &found);
    if (one && message->type == SSH_FXP_READDIR && one->folder)
        return reply_names(message, one->folder);
    if (one && message->type == SSH_FXP_READ && !one->folder)
        return reply_read(message, one->file);
    if (one && message->type == SSH_FXP_CLOSE)
        return reply_closed(message, one);
    return sftp_reply_status(message, SSH_FX_OP_UNSUPPORTED, "not here");
}

static int judge(ssh_session session, const char *user, struct ssh_key_struct *shown, char state, void *data)
{
    (void)session, (void)user, (void)data;
    if (ssh_key_cmp(shown, known, SSH_KEY_CMP_PUBLIC) != 0)
        return SSH_AUTH_DENIED;
    if (state == SSH_PUBLICKEY_STATE_VALID && !let_in++) {
        puts("accepted");
        fflush(stdout);
    }
    return state == SSH_PUBLICKEY_STATE_NONE || state == SSH_PUBLICKEY_STATE_VALID ? SSH_AUTH_SUCCESS : SSH_AUTH_DENIED;
}

static int begin_sftp(ssh_session session, ssh_channel asking, const char *subsystem, void *data)
{
    (void)data;
    if (strcmp(subsystem, "sftp") != 0)
        return SSH_ERROR;
    sftp = sftp_server_new(session, asking);
    return SSH_OK;
}

static struct ssh_channel_callbacks_struct on_channel = {.channel_subsystem_request_function = begin_sftp};

static ssh_channel begin_session(ssh_session session, void *data)
{
    (void)data;
    channel = ssh_channel_new(session);
    ssh_callbacks_init(&on_channel);
    ssh_set_channel_callbacks(channel, &on_channel);
    return channel;
}

static void attend(ssh_session session)
{
    struct ssh_server_callbacks_struct on_session = {
        .auth_pubkey_function = judge,
        .channel_open_request_session_function = begin_session,
    };
    ssh_event event = ssh_event_new();
    sftp_client_message message;

    ssh_callbacks_init(&on_session);
    ssh_set_server_callbacks(session, &on_session);
    ssh_set_auth_methods(session, SSH_AUTH_METHOD_PUBLICKEY);
    if (ssh_handle_key_exchange(session) != SSH_OK) {
        printf("no key exchange: %s\n", ssh_get_error(session));
        return;
    }
    ssh_event_add_session(event, session);
    while (sftp == NULL)
        if (ssh_event_dopoll(event, -1) == SSH_ERROR)
            return;
    ssh_event_remove_session(event, session);
    if (sftp_server_init(sftp) != 0)
        return;
    while ((message = sftp_get_client_message(sftp)) != NULL) {
        answer(message);
        sftp_client_message_free(message);
    }
    ssh_disconnect(session);
}

static int listen_at(ssh_bind listening, const char *home, const char *address, const char *port)
{
    char path[8192];

    snprintf(path, sizeof(path), "%s/host_key", home);
    ssh_bind_options_set(listening, SSH_BIND_OPTIONS_BINDADDR, address);
    ssh_bind_options_set(listening, SSH_BIND_OPTIONS_BINDPORT_STR, port);
    ssh_bind_options_set(listening, SSH_BIND_OPTIONS_HOSTKEY, path);
    ssh_bind_options_set(listening, SSH_BIND_OPTIONS_HOSTKEY_ALGORITHMS, SSH_RSA_AND_MORE);
    ssh_bind_options_set(listening, SSH_BIND_OPTIONS_PUBKEY_ACCEPTED_KEY_TYPES, SSH_RSA_AND_MORE);
    return ssh_bind_listen(listening);
}

int main(int count, char **words)
{
    char path[8192];
    ssh_bind listening = ssh_bind_new();

    if (count == 2 && strcmp(words[1], "--version") == 0)
        return puts(ssh_version(0)) == EOF;
    if (count != 4)
        return 2;
    signal(SIGCHLD, SIG_IGN);
    snprintf(root, sizeof(root), "%s/root", words[1]);
    snprintf(path, sizeof(path), "%s/authorized_keys", words[1]);
    if (ssh_pki_import_pubkey_file(path, &known) != SSH_OK || listen_at(listening, words[1], words[2], words[3]) < 0) {
        fprintf(stderr, "cannot listen: %s\n", ssh_get_error(listening));
        return 1;
    }
    for (;;) {
        ssh_session session = ssh_new();

        if (ssh_bind_accept(listening, session) == SSH_OK && fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGTERM);
            attend(session);
            _exit(0);
        }
        close(ssh_get_fd(session));
        ssh_free(session);
    }
}
