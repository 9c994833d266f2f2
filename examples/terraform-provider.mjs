// Writes the settings of Terraform's provider for docker (kreuzwerker/docker) to stdout, with the client's key in them. @pulumi/docker takes
// what `pulumiProvider` gives.
//
//   (umask 077 && node terraform-provider.mjs docker.example.com > provider.tf.json)
//
// The client's files are in ./docker-tls.
import { terraformProvider } from 'docker-tls-openssl';

const [host] = process.argv.slice(2);
const docker = await terraformProvider({ directory: 'docker-tls', host });
console.log(JSON.stringify({ provider: { docker } }, null, 2));
