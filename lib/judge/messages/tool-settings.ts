import { words } from '../../words.js';
import { runExplain, row, type KnownMessage } from './message.js';

const three = 'ca.pem, cert.pem and key.pem';
const terraform = "Terraform's provider for Docker";
const config = 'kreuzwerker/terraform-provider-docker, internal/provider/config.go';

/** Messages of tools about the certificates that they were given. */
export const toolSettingsMessages: readonly KnownMessage[] = [
  row(
    'portainer-file',
    /Invalid (CA )?certificate file\. Ensure that the (certificate )?file is uploaded correctly/i,
    'Portainer',
    'one of the three uploaded files is missing or empty',
    `upload ${three}, in this order`,
    'portainer/portainer, api/http/handler/endpoints/endpoint_create.go',
    'Failure: Invalid certificate file. Ensure that the file is uploaded correctly',
    'Invalid request payload: invalid CA certificate file. Ensure that the file is uploaded correctly',
  ),
  row(
    'traefik-files',
    /unable to create client TLS configuration/i,
    'Traefik',
    'tls.ca, tls.cert or tls.key of the Docker provider is missing, is not PEM, or is only half of a pair; the end of the message says which',
    `set all three to ${three}, as the container of Traefik sees them`,
    'traefik/traefik, pkg/provider/docker/shared.go and pkg/types/tls.go',
    'unable to create client TLS configuration: both TLS cert and key must be defined',
    'unable to create client TLS configuration: failed to read CA. open /certs/ca.pem: no such file or directory',
  ),
  row(
    'terraform-material',
    /cert_material,? and key_material must be specified/i,
    terraform,
    'only a part of the materials is set',
    `set ca_material, cert_material and key_material to the contents of ${three}: without ca_material it does not verify the server`,
    config,
    'Error initializing Docker client: ca_material, cert_material, and key_material must be specified',
    'Error: cert_material, and key_material must be specified',
  ),
  row(
    'terraform-path-and-material',
    /cert_path must not be specified/i,
    terraform,
    'cert_path and the materials are both set',
    `keep one: cert_path is the directory with ${three}`,
    config,
    'Error: cert_path must not be specified',
  ),
  row(
    'nginx-client-certificate',
    /400 No required SSL certificate was sent|400 The SSL certificate error/i,
    'nginx in front of the daemon',
    'nginx got no client certificate, or one that its ssl_client_certificate does not know',
    words`give nginx the CA of the clients; check the pair with ${runExplain}`,
    'nginx/nginx, src/http/ngx_http_special_response.c',
    '400 No required SSL certificate was sent',
    '400 The SSL certificate error',
  ),
];
