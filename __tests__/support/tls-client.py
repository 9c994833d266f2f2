# Calls the server of each line of its standard input, "HOST TAB PORT TAB DIRECTORY TAB CLIENT", with the module ssl, or with the
# docker SDK if that is its argument; says null, or what went wrong.
import json
import socket
import ssl
import sys


def with_ssl(host, port, directory, client):
    context = ssl.create_default_context(cafile=directory + '/ca.pem')
    if client == 'python-3.13':
        # What that version turns on, and an older one can be asked for.
        context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_cert_chain(directory + '/cert.pem', directory + '/key.pem', password=lambda: '')
    with context.wrap_socket(socket.create_connection((host, port)), server_hostname=host):
        pass


def with_docker(host, port, directory, _):
    import docker

    pair = (directory + '/cert.pem', directory + '/key.pem')
    tls = docker.tls.TLSConfig(client_cert=pair, ca_cert=directory + '/ca.pem', verify=True)
    docker.APIClient(base_url='https://{}:{}'.format(host, port), tls=tls, version='1.41').version()


ask = with_docker if sys.argv[1:] == ['docker'] else with_ssl
for line in sys.stdin:
    host, port, directory, client = line.rstrip('\n').split('\t')
    try:
        ask(host, int(port), directory, client)
        print('null', flush=True)
    except Exception as error:
        print(json.dumps(str(error)), flush=True)
