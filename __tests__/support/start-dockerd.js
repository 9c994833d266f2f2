// Starts a daemon as a test of others would, prints where it is, and waits to be killed.
import { startDockerd } from 'docker-tls-openssl/testing';

const { port, directory } = await startDockerd();
console.log(JSON.stringify({ port, directory }));
setInterval(() => undefined, 1000);
