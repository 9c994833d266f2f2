#!/bin/sh
# The blog post "Securing Docker engine with TLS.": the commands that make the
# certificates, as printed there. Wants an empty directory, openssl on PATH,
# and IP. No key is encrypted, nothing is asked.
#
# What differs from the text:
# - Two machines are two directories: ~/.docker of the engine's machine is
#   server, that of the client's machine is client. Both have files of the same
#   names. (`make -p ~/.docker/` in the text means `mkdir -p`.)
# - The files of the CA are copied to the client with `cp`; the text says in
#   words that they are to be copied.
# - The configuration files, which the text writes in an editor, are here
#   documents; 123.123.123.123 is $IP.
# - `-subj '/CN=docker-client' \ ` has a blank after its backslash in the text,
#   which ends the command there, with a blank as one argument more: the blank
#   is left out.
#
# Under ~/.docker itself, OpenSSL 1.0 and LibreSSL cut the name of the file of
# serials at the first dot of the path: -CAcreateserial makes ~/.srl, where
# later ones make ~/.docker/ca.srl. The directories here have no dot.
set -eu
: "${IP:?}"

# On the engine's machine: Generate CA (authority) certificates.
mkdir -p server/
openssl genrsa -out server/ca-key.pem 2048
openssl req -x509 -new -nodes -days 10000 \
  -subj '/CN=docker-CA' \
  -key server/ca-key.pem \
  -out server/ca.pem

# Generate Server side certs.
openssl genrsa -out server/key.pem 2048

cat > server/openssl.cnf << END
[req]
req_extensions = v3_req
distinguished_name = req_distinguished_name
[req_distinguished_name]
[ v3_req ]
basicConstraints = CA:FALSE
keyUsage = nonRepudiation, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth, clientAuth
subjectAltName = @alt_names

[alt_names]
IP.1 = $IP
IP.2 = 0.0.0.0
END

openssl req -new \
  -subj '/CN=docker-server' \
  -key server/key.pem \
  -config server/openssl.cnf \
  -out server/cert.csr

openssl x509 -req \
  -in server/cert.csr \
  -CA server/ca.pem \
  -CAkey server/ca-key.pem \
  -extfile server/openssl.cnf \
  -out server/cert.pem \
  -days 365 -extensions v3_req -CAcreateserial

# On the client's machine: Generate Client side certs.
mkdir -p client/
cp server/ca.pem server/ca-key.pem client/

openssl genrsa -out client/key.pem 2048

cat > client/openssl.cnf << END
[req]
req_extensions = v3_req
distinguished_name = req_distinguished_name
[req_distinguished_name]
[ v3_req ]
basicConstraints = CA:FALSE
keyUsage = nonRepudiation, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth, clientAuth
END

openssl req -new -subj '/CN=docker-client' \
  -key client/key.pem \
  -config client/openssl.cnf \
  -out client/cert.csr

openssl x509 -req -CAcreateserial \
  -days 365 -extensions v3_req \
  -CA client/ca.pem \
  -CAkey client/ca-key.pem \
  -in client/cert.csr \
  -extfile client/openssl.cnf \
  -out client/cert.pem
