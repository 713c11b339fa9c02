// Copyright: (c) 2026, the dcass.sftp contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// An SSH server with SFTP alone, for reading: ssh2.js HOME HOST PORT. HOME holds host_key, authorized_keys and root.
"use strict";

const fs = require("fs");
const path = require("path");
const { Server, utils } = require("ssh2");

const [home, host, port] = process.argv.slice(2);
const { OPEN_MODE, STATUS_CODE } = utils.sftp;
const known = utils.parseKey(fs.readFileSync(`${home}/authorized_keys`));
const CODES = { ENOENT: STATUS_CODE.NO_SUCH_FILE, EACCES: STATUS_CODE.PERMISSION_DENIED };

function real(name) {
  return path.join(home, "root", path.posix.normalize(`/${name}`));
}

function attributes(stats) {
  const { mode, uid, gid, size } = stats;
  return { mode, uid, gid, size, atime: Math.floor(stats.atimeMs / 1000), mtime: Math.floor(stats.mtimeMs / 1000) };
}

function serve(sftp) {
  const open = new Map(); // by number: a file's descriptor, or what of a folder is still to be told
  let numbers = 0;
  const handle = (what) => {
    const name = Buffer.alloc(4);
    name.writeUInt32BE(++numbers);
    open.set(numbers, what);
    return name;
  };
  const find = (name) => open.get(name.readUInt32BE());
  // answers a request, or says what went wrong
  const on = (event, answer) => sftp.on(event, (id, ...words) => {
    try {
      answer(id, ...words);
    } catch (trouble) {
      sftp.status(id, CODES[trouble.code] || STATUS_CODE.FAILURE);
    }
  });
  on("REALPATH", (id, name) => sftp.name(id, [{ filename: path.posix.normalize(`/${name}`), longname: "", attrs: {} }]));
  on("STAT", (id, name) => sftp.attrs(id, attributes(fs.statSync(real(name)))));
  on("LSTAT", (id, name) => sftp.attrs(id, attributes(fs.lstatSync(real(name)))));
  on("FSTAT", (id, name) => sftp.attrs(id, attributes(fs.fstatSync(find(name)))));
  on("OPEN", (id, name, flags) => {
    if (flags !== OPEN_MODE.READ) {
      sftp.status(id, STATUS_CODE.PERMISSION_DENIED);
    } else {
      sftp.handle(id, handle(fs.openSync(real(name), "r")));
    }
  });
  on("READ", (id, name, offset, length) => {
    const data = Buffer.alloc(length);
    const count = fs.readSync(find(name), data, 0, length, offset);
    if (count) {
      sftp.data(id, data.subarray(0, count));
    } else {
      sftp.status(id, STATUS_CODE.EOF);
    }
  });
  on("OPENDIR", (id, name) => sftp.handle(id, handle(fs.readdirSync(real(name)).map((entry) => path.join(real(name), entry)))));
  on("READDIR", (id, name) => {
    const some = find(name).splice(0, 50);
    if (some.length) {
      sftp.name(id, some.map((file) => ({
        filename: path.basename(file), longname: path.basename(file), attrs: attributes(fs.lstatSync(file)),
      })));
    } else {
      sftp.status(id, STATUS_CODE.EOF);
    }
  });
  on("CLOSE", (id, name) => {
    if (typeof find(name) === "number") {
      fs.closeSync(find(name));
    }
    open.delete(name.readUInt32BE());
    sftp.status(id, STATUS_CODE.OK);
  });
}

new Server({ hostKeys: [fs.readFileSync(`${home}/host_key`)] }, (client) => {
  client.on("error", (trouble) => console.log(`no session: ${trouble.message}`));
  client.on("authentication", (context) => {
    const shown = context.method === "publickey" && context.key.data.equals(known.getPublicSSH());
    if (shown && (!context.signature || known.verify(context.blob, context.signature, context.hashAlgo) === true)) {
      context.accept();
    } else {
      context.reject(["publickey"]);
    }
  });
  client.on("ready", () => {
    console.log("accepted");
    client.on("session", (accept) => accept().on("sftp", (let_in) => serve(let_in())));
  });
}).listen(Number(port), host);
