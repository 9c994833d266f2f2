#!/bin/sh
# The Katacoda scenario "Protect the Docker daemon socket": the commands that
# make the certificates, as printed there. Wants an empty directory, openssl on
# PATH, and HOST, IP and PASSPHRASE.
#
# What differs from the text:
# - HOST (401_docker_host in the text) and IP (127.0.1.1) come from outside,
#   not from the `export` before the first command.
# - The passphrase comes from outside (INSECURE_PASS_123 in the text); x509,
#   which would ask for it, is given it with -passin: a test has no terminal.
# - Step 5 (dockerd) and steps 7 to 11 (docker, curl, ~/.docker) are left out:
#   they make no certificate.
#
# As in the text: the blank after the comma in subjectAltName; the underscore
# in the domain of emailAddress, which no mail host may have; no chmod for
# key.pem and cert.pem, and no rm; the CA's key comes from -keyout and no
# -newkey, so that its length is default_bits of the configuration.
#
# shellcheck disable=SC2086 # $HOST and $IP stand bare in the text
set -eu
: "${HOST:?}" "${IP:?}" "${PASSPHRASE:?}"

# 1 Generate public key
openssl req \
-subj "/C=US/ST=NRW/L=SanFrancisco/O=401_Inc/OU=DevOps/CN=my.401example.com/emailAddress=401@my_containersecurity.com" \
-new -x509 -days 365 -keyout ca-key.pem -sha256 -passout pass:"$PASSPHRASE" -out ca.pem

# 2a Generate Server private Key
openssl genrsa -out server-key.pem 4096

# 2b Create the Certificate Signing Request (CSR)
openssl req -subj "/CN=$HOST" -sha256 -new -key server-key.pem -out server.csr

# 3 Sign the public key with our CA.
# IP address needs to be specified when creating the cert
# set the host and IP by the DNS of the Dockers daemon
echo subjectAltName = DNS:$HOST, IP:$IP,IP:127.0.0.1 >> extfile.cnf
# Set the Docker Daemon's key exented usage attributes to be used for server auth only
echo extendedKeyUsage = serverAuth >> extfile.cnf
# Generate the signed certificate by our CA
openssl x509 -req -days 365 -sha256 -in server.csr -CA ca.pem -CAkey ca-key.pem -passin pass:"$PASSPHRASE" -CAcreateserial -out server-cert.pem -extfile extfile.cnf

# 4. Protect the private keys and certs
# Private keys readonly
chmod -v 0400 ca-key.pem server-key.pem
# Certs worldwide, remove write access
chmod -v 0444 ca.pem server-cert.pem

# 6 Create Client Certificate
openssl genrsa -out key.pem 4096
openssl req -subj '/CN=client' -new -key key.pem -out client.csr
echo extendedKeyUsage = clientAuth > extfile-client.cnf
openssl x509 -req -days 365 -sha256 -in client.csr -CA ca.pem -CAkey ca-key.pem -passin pass:"$PASSPHRASE" -CAcreateserial -out cert.pem -extfile extfile-client.cnf
