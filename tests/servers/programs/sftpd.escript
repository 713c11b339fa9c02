#!/usr/bin/env escript
%%! +fnu
%% Copyright: (c) 2026, the dcass.sftp contributors
%% GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
%% SPDX-License-Identifier: GPL-3.0-or-later
%% An SSH daemon with SFTP alone: sftpd.escript HOME ROOT ADDRESS PORT. HOME holds ssh_host_rsa_key, authorized_keys.
-mode(compile).

main([Home, Root, Address, Port]) ->
    {ok, _} = application:ensure_all_started(ssh),
    {ok, Listens} = inet:parse_address(Address),
    {ok, _} = ssh:daemon(Listens, list_to_integer(Port), [
        {system_dir, Home},
        {user_dir, Home},
        {auth_methods, "publickey"},
        {modify_algorithms, [{append, [{public_key, ['ssh-rsa']}]}]},
        {subsystems, [ssh_sftpd:subsystem_spec([{root, Root}, {cwd, "/"}])]},
        {connectfun, fun(User, _Peer, _Method) -> io:format("accepted ~s~n", [User]) end}
    ]),
    receive stop -> ok end.
