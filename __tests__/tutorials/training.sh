#!/bin/sh
# The slides of the training, "Securing Docker with TLS": the commands that
# make the certificates, as printed there. Wants an empty directory, openssl on
# PATH, and HOST and PASSPHRASE.
#
# What differs from the text:
# - The passphrases that genrsa, req, rsa and x509 would ask for come with
#   -passout and -passin: a test has no terminal. All keys have the same one.
# - The distinguished name of the CA, which the text leaves to the reader, is
#   answered on stdin: "." (none) to all but the Common Name, "Docker CA".
#   Plain Enter would take the configuration's defaults instead.
# - **<Your Hostname Here>**, where the asterisks are the slides' bold type, is
#   $HOST, in double quotes so that the shell fills it in.
# - The copies into ~/.docker (client-cert.pem and client-key.pem become
#   cert.pem and key.pem there) are left out: they make no certificate.
#
# As in the text: ca.srl starts with 01, which is the number used last and not
# the next, so that the server has serial 2 and the client 3. No -extfile with
# the server, so its certificate has neither subjectAltName nor purpose.
set -eu
: "${HOST:?}" "${PASSPHRASE:?}"

# Creating a Certificate Authority
echo 01 > ca.srl
openssl genrsa -des3 -passout pass:"$PASSPHRASE" -out ca-key.pem 2048
printf '%s\n' . . . . . 'Docker CA' . |
  openssl req -new -x509 -days 365 -key ca-key.pem -passin pass:"$PASSPHRASE" -out ca.pem

# Create and Sign the Server Key
openssl genrsa -des3 -passout pass:"$PASSPHRASE" -out server-key.pem 2048
openssl req -subj "/CN=$HOST" -new -key server-key.pem -passin pass:"$PASSPHRASE" -out server.csr
openssl rsa -in server-key.pem -passin pass:"$PASSPHRASE" -out server-key.pem

openssl x509 -req -days 365 -in server.csr -CA ca.pem -CAkey ca-key.pem -passin pass:"$PASSPHRASE" \
  -out server-cert.pem

# Create and Sign the Client Key
openssl genrsa -des3 -passout pass:"$PASSPHRASE" -out client-key.pem 2048
openssl req -subj '/CN=client' -new -key client-key.pem -passin pass:"$PASSPHRASE" -out client.csr
openssl rsa -in client-key.pem -passin pass:"$PASSPHRASE" -out client-key.pem

echo extendedKeyUsage = clientAuth > extfile.cnf

openssl x509 -req -days 365 -in client.csr -CA ca.pem -CAkey ca-key.pem -passin pass:"$PASSPHRASE" \
  -out client-cert.pem -extfile extfile.cnf
