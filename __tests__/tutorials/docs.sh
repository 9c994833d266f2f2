#!/bin/sh
# Docker's documentation today, "Protect the Docker daemon socket": the
# commands that make the certificates, as printed there. Wants an empty
# directory, openssl on PATH, and HOST, IP and PASSPHRASE.
#
# What differs from the text:
# - The passphrase that genrsa, req and x509 would ask for comes with -passout
#   and -passin: a test has no terminal.
# - The distinguished name of the CA, which the text leaves to the reader, is
#   answered on stdin: "." (none) to all but the Common Name, "Docker CA".
#   Plain Enter would take the configuration's defaults instead.
# - 10.10.10.20, which stands for an address of the reader's own, is $IP.
# - The commands under "Use" are left out: they make no certificate.
#
# shellcheck disable=SC2086 # $HOST stands bare in the text
set -eu
: "${HOST:?}" "${IP:?}" "${PASSPHRASE:?}"

# CA
openssl genrsa -aes256 -passout pass:"$PASSPHRASE" -out ca-key.pem 4096
printf '%s\n' . . . . . 'Docker CA' . |
  openssl req -new -x509 -days 365 -key ca-key.pem -passin pass:"$PASSPHRASE" -sha256 -out ca.pem

# Server
openssl genrsa -out server-key.pem 4096
openssl req -subj "/CN=$HOST" -sha256 -new -key server-key.pem -out server.csr
echo subjectAltName = DNS:$HOST,IP:$IP,IP:127.0.0.1 >> extfile.cnf
echo extendedKeyUsage = serverAuth >> extfile.cnf
openssl x509 -req -days 365 -sha256 -in server.csr -CA ca.pem -CAkey ca-key.pem -passin pass:"$PASSPHRASE" \
  -CAcreateserial -out server-cert.pem -extfile extfile.cnf

# Client
openssl genrsa -out key.pem 4096
openssl req -subj '/CN=client' -new -key key.pem -out client.csr
echo extendedKeyUsage = clientAuth > extfile-client.cnf
openssl x509 -req -days 365 -sha256 -in client.csr -CA ca.pem -CAkey ca-key.pem -passin pass:"$PASSPHRASE" \
  -CAcreateserial -out cert.pem -extfile extfile-client.cnf

# Clean-up and modes
rm -v client.csr server.csr extfile.cnf extfile-client.cnf
chmod -v 0400 ca-key.pem key.pem server-key.pem
chmod -v 0444 ca.pem server-cert.pem cert.pem
