#!/usr/bin/env bash
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Debian 12's net-ssh for Ruby cannot read the RSA keys that Debian 12's ssh-keygen writes.
#
# Guess: it reads each of ssh-keygen's keys (RSA, ECDSA, Ed25519); all are in OpenSSH's format.
# Seen:  ECDSA and Ed25519 are read; RSA is "rsa#set_key= is incompatible with OpenSSL 3.0". The same RSA key is read
#        in the older PEM format, and so is its public key.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work
cd "$work"

apt-get -qq -o APT::Sandbox::User=root download ruby3.1=3.1.7+really3.1.2-0+deb12u1 \
    libruby3.1=3.1.7+really3.1.2-0+deb12u1 rubygems-integration=1.18 ruby-rubygems=3.3.15-2+deb12u1 \
    ruby-net-ssh=1:7.0.1-1 ruby-ed25519=1.3.0+ds-1+b4 ruby-bcrypt-pbkdf=1.1.0-2+b3 libyaml-0-2=0.2.5-1 \
    libgmp10=2:6.2.1+dfsg1-1.1 openssh-client=1:9.2p1-2+deb12u10
for package in *.deb; do dpkg -x "$package" debian; done
usr=$work/debian/usr
machine=x86_64-linux-gnu
export LD_LIBRARY_PATH=$usr/lib/$machine PATH=$usr/bin:$PATH
export RUBYLIB=$usr/lib/ruby/vendor_ruby:$usr/lib/ruby/3.1.0:$usr/lib/$machine/ruby/3.1.0
RUBYLIB+=:$usr/lib/$machine/ruby/vendor_ruby/3.1.0
export GEM_PATH=$usr/share/rubygems-integration/all:$usr/lib/$machine/rubygems-integration/3.1.0

for kind in rsa ecdsa ed25519; do ssh-keygen -q -t "$kind" -N "" -C "" -f "$kind"; done
cp rsa rsa-pem
ssh-keygen -q -p -N "" -m PEM -f rsa-pem > /dev/null

cat > read.rb <<'EOF'
gem "net-ssh"
require "net/ssh"
puts "net-ssh #{Net::SSH::Version::CURRENT}, Ruby #{RUBY_VERSION}, #{OpenSSL::OPENSSL_LIBRARY_VERSION}"
seen = %w[rsa rsa-pem ecdsa ed25519].to_h do |file|
  begin
    key = Net::SSH::KeyFactory.load_private_key(file, nil, false)
    said = "read as #{key.ssh_type}"
  rescue OpenSSL::PKey::PKeyError => error
    said = error.message
  end
  puts "#{file}, #{File.foreach(file).first.strip}: #{said}"
  [file, said]
end
puts "rsa.pub: read as #{Net::SSH::KeyFactory.load_public_key('rsa.pub').ssh_type}"
as_recorded = seen == {
  "rsa" => "rsa#set_key= is incompatible with OpenSSL 3.0",
  "rsa-pem" => "read as ssh-rsa",
  "ecdsa" => "read as ecdsa-sha2-nistp256",
  "ed25519" => "read as ssh-ed25519",
}
abort "not as recorded" unless as_recorded
EOF
echo "versions: ruby-net-ssh 1:7.0.1-1, ruby3.1 3.1.7+really3.1.2-0+deb12u1, $(ssh -V 2>&1)"
echo "guess:    all four files are read"
echo "seen:"
ruby3.1 read.rb
