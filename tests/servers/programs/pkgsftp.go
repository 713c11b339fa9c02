// Copyright: (c) 2026, the dcass.sftp contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// An SSH server with SFTP alone, for reading: pkgsftp HOME ADDRESS. HOME holds host_key, authorized_keys and root.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

type folders struct{ root string }

type listing []os.FileInfo

func (entries listing) ListAt(into []os.FileInfo, offset int64) (int, error) {
	if offset >= int64(len(entries)) {
		return 0, io.EOF
	}
	count := copy(into, entries[offset:])
	if count < len(into) {
		return count, io.EOF
	}
	return count, nil
}

func (f folders) real(request *sftp.Request) string {
	return f.root + path.Clean("/"+request.Filepath)
}

func (f folders) Fileread(request *sftp.Request) (io.ReaderAt, error) {
	return os.Open(f.real(request))
}

func (f folders) Filewrite(*sftp.Request) (io.WriterAt, error) {
	return nil, os.ErrPermission
}

func (f folders) Filecmd(*sftp.Request) error {
	return os.ErrPermission
}

func (f folders) Filelist(request *sftp.Request) (sftp.ListerAt, error) {
	if request.Method != "List" {
		info, err := os.Stat(f.real(request))
		return listing{info}, err
	}
	entries, err := os.ReadDir(f.real(request))
	found := listing{}
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil {
			found = append(found, info)
		}
	}
	return found, err
}

func attend(connection net.Conn, config *ssh.ServerConfig, served folders) {
	_, channels, requests, err := ssh.NewServerConn(connection, config)
	if err != nil {
		fmt.Println("no login:", err)
		return
	}
	fmt.Println("accepted")
	go ssh.DiscardRequests(requests)
	for wanted := range channels {
		if wanted.ChannelType() != "session" {
			wanted.Reject(ssh.UnknownChannelType, "sessions alone")
			continue
		}
		channel, asked, err := wanted.Accept()
		if err != nil {
			return
		}
		go func() {
			for request := range asked {
				request.Reply(request.Type == "subsystem" && string(request.Payload[4:]) == "sftp", nil)
			}
		}()
		sftp.NewRequestServer(channel, sftp.Handlers{
			FileGet: served, FilePut: served, FileCmd: served, FileList: served,
		}).Serve()
		channel.Close()
	}
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	home, address := os.Args[1], os.Args[2]
	text, err := os.ReadFile(home + "/authorized_keys")
	must(err)
	known, _, _, _, err := ssh.ParseAuthorizedKey(text)
	must(err)
	pem, err := os.ReadFile(home + "/host_key")
	must(err)
	hostKey, err := ssh.ParsePrivateKey(pem)
	must(err)
	config := &ssh.ServerConfig{
		PublicKeyCallback: func(_ ssh.ConnMetadata, shown ssh.PublicKey) (*ssh.Permissions, error) {
			if bytes.Equal(shown.Marshal(), known.Marshal()) {
				return nil, nil
			}
			return nil, errors.New("another key")
		},
	}
	config.AddHostKey(hostKey)
	listening, err := net.Listen("tcp", address)
	must(err)
	for {
		connection, err := listening.Accept()
		must(err)
		go attend(connection, config, folders{home + "/root"})
	}
}
