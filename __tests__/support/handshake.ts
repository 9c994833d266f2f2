import { readFile } from 'node:fs/promises';
import { once } from 'node:events';
import { join } from 'node:path';
import { connect, createServer, type ConnectionOptions, type TLSSocket } from 'node:tls';

/** What a TLS client shows and trusts. */
export type Client = Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'servername'>;

/**
 * Lets a client talk to a server that holds the server's certificate in `directory` and wants one of the client.
 * Gives `accepted`, or who refused whom and why.
 */
export async function handshake(directory: string, client: Client): Promise<string> {
  const [ca, cert, key] = await files(directory, 'ca.pem', 'server-cert.pem', 'server-key.pem');
  const server = createServer({ ca, cert, key, requestCert: true, rejectUnauthorized: false }, (socket) => {
    // The server's verdict; it is given here, and not by closing the connection, so that its reason is known.
    socket.end(socket.authorized ? 'accepted' : `the server says ${String(socket.authorizationError)}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const address = server.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    return await verdict(connect({ host: '127.0.0.1', port, ...client }));
  } finally {
    server.close();
  }
}

/** The files of the client in `directory`, as a docker client would take them. */
export async function clientOf(directory: string): Promise<Client> {
  const [ca, cert, key] = await files(directory, 'ca.pem', 'cert.pem', 'key.pem');
  return { ca: ca!, cert: cert!, key: key!, servername: 'docker.example' };
}

async function files(directory: string, ...names: string[]): Promise<string[]> {
  return Promise.all(names.map((name) => readFile(join(directory, name), 'utf8')));
}

function verdict(socket: TLSSocket): Promise<string> {
  return new Promise((resolve) => {
    let said = '';
    socket.setEncoding('utf8').on('data', (text: string) => (said += text));
    socket.on('end', () => resolve(said));
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(`the client says ${error.code}`));
  });
}
