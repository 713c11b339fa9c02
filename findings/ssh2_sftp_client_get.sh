#!/usr/bin/env bash
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A get() of npm's ssh2-sftp-client that fails leaves an empty file, where its fastGet() leaves none.
#
# Guess: after get(remote, local) of a file that does not exist, there is no local file, or what was there before.
# Seen:  the promise is rejected with "No such file", and the local path holds an empty file; one that was there before
#        is emptied. fastGet() of the same arguments is rejected and leaves the local file alone.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work
cd "$work"

python3 -m venv venv
venv/bin/pip -q install --no-deps asyncssh==2.24.1 cryptography==50.0.2 cffi==2.1.1 pycparser==3.12 \
    typing_extensions==4.16.0
npm install --silent --no-audit --no-fund --ignore-scripts ssh2-sftp-client@12.1.1 ssh2@1.17.0
mkdir served

cat > serve.py <<'EOF'
import asyncio

import asyncssh


class Server(asyncssh.SSHServer):
    def begin_auth(self, username):
        return False


async def main():
    served = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
        server_factory=Server,
        sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot="served"),
    )
    print(served.get_port(), flush=True)
    await asyncio.sleep(60)


asyncio.run(main())
EOF
cat > get.js <<'EOF'
const fs = require("fs");
const Client = require("ssh2-sftp-client");

async function main() {
  const client = new Client();
  await client.connect({ host: "127.0.0.1", port: Number(process.argv[2]), username: "nobody" });
  const seen = {};
  for (const call of ["get", "fastGet"]) {
    fs.writeFileSync(`${call}-known`, "yesterday's report");
    for (const local of [`${call}-new`, `${call}-known`]) {
      const said = await client[call]("/missing", local).then(() => "success", (error) => error.message);
      seen[local] = fs.existsSync(local) ? fs.readFileSync(local, "utf8") : null;
      console.log(`${call}("/missing", "${local}"): ${said}; afterwards: ${JSON.stringify(seen[local])}`);
    }
  }
  await client.end();
  const expected = { "get-new": "", "get-known": "", "fastGet-new": null, "fastGet-known": "yesterday's report" };
  if (JSON.stringify(seen) !== JSON.stringify(expected)) throw new Error("not as recorded");
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
EOF
venv/bin/python serve.py > port &
server=$!
trap 'kill "$server" || true; rm -rf "$work"' EXIT
for _try in $(seq 100); do
    [ -s port ] && break
    sleep 0.1
done
echo "versions: ssh2-sftp-client 12.1.1, ssh2 1.17.0, asyncssh 2.24.1 as the server, Node $(node --version)"
echo "guess:    no new file, and the known one as it was, by both"
echo "seen:"
node get.js "$(cat port)"
