#!/bin/sh
# Docker's documentation of 2014 in Chinese, "Docker with HTTPS": the commands
# that make the certificates, as printed there. Wants an empty directory,
# openssl on PATH, and HOST and PASSPHRASE.
#
# What differs from the text:
# - Misprints that no shell or openssl takes are put right: `echo 01> ca.srl`
#   is `echo 01 > ca.srl`: bash takes 01 for the number of the descriptor that
#   is redirected and leaves an empty line in the file, from which openssl
#   reads no serial; dash takes 01 for a word, which is what is meant.
#   `-new-x509`, `365-key`, `'...'-new-key` and `365-in` lack the blanks
#   between the options. `\  -out` is one line that was two: a backslash before
#   a blank passes the blank on as an argument.
# - The passphrases that genrsa, req, rsa and x509 would ask for come with
#   -passout and -passin: a test has no terminal. All keys have the same one.
# - The distinguished name of the CA is answered on stdin as the text shows:
#   Enter, thus the configuration's default, for the country; "DockerInc", and
#   "your.host.com" whatever HOST is.
# - <Your Hostname Here> is $HOST, in double quotes so that the shell fills it
#   in. (The output in the text has your.host.com here, too.)
# - The copies into ~/.docker are left out: they make no certificate.
#
# As in the text: ca.srl starts with 01, which is the number used last and not
# the next, so that the server has serial 2 and the client 3. No -extfile with
# the server, so its certificate has neither subjectAltName nor purpose.
set -eu
: "${HOST:?}" "${PASSPHRASE:?}"

echo 01 > ca.srl
openssl genrsa -des3 -passout pass:"$PASSPHRASE" -out ca-key.pem 2048
printf '%s\n' '' Queensland Brisbane DockerInc Boot2Docker your.host.com Sven@home.org.au |
  openssl req -new -x509 -days 365 -key ca-key.pem -passin pass:"$PASSPHRASE" -out ca.pem

openssl genrsa -des3 -passout pass:"$PASSPHRASE" -out server-key.pem 2048
openssl req -subj "/CN=$HOST" -new -key server-key.pem -passin pass:"$PASSPHRASE" -out server.csr

openssl x509 -req -days 365 -in server.csr -CA ca.pem -CAkey ca-key.pem -passin pass:"$PASSPHRASE" \
  -out server-cert.pem

openssl genrsa -des3 -passout pass:"$PASSPHRASE" -out key.pem 2048
openssl req -subj '/CN=client' -new -key key.pem -passin pass:"$PASSPHRASE" -out client.csr

echo extendedKeyUsage = clientAuth > extfile.cnf

openssl x509 -req -days 365 -in client.csr -CA ca.pem -CAkey ca-key.pem -passin pass:"$PASSPHRASE" \
  -out cert.pem -extfile extfile.cnf

openssl rsa -in server-key.pem -passin pass:"$PASSPHRASE" -out server-key.pem
openssl rsa -in key.pem -passin pass:"$PASSPHRASE" -out key.pem
