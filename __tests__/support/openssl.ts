import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { findOpenssl } from '../../lib/index.js';

export interface OpensslOutput {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const config = fileURLToPath(new URL('../../templates/openssl.cnf', import.meta.url));

/** Runs by hand the openssl that the library finds, so that OPENSSL_BIN chooses for both. */
export async function openssl(args: readonly string[], cwd?: string): Promise<OpensslOutput> {
  const { path } = await findOpenssl();
  return new Promise((resolve, reject) => {
    const options = { cwd, env: { PATH: process.env['PATH'], OPENSSL_CONF: config }, timeout: 60_000 };
    execFile(path, args, options, (error, stdout, stderr) => {
      if (!error) resolve({ code: 0, stdout, stderr });
      else if (typeof error.code === 'number') resolve({ code: error.code, stdout, stderr });
      else reject(new Error(`openssl ${args.join(' ')}: ${error.message}`, { cause: error }));
    });
  });
}

/** As `openssl`, for a command that has to succeed. Gives what it printed. */
export async function opensslOutput(args: readonly string[], cwd?: string): Promise<string> {
  const { code, stdout, stderr } = await openssl(args, cwd);
  if (code !== 0) throw new Error(`openssl ${args.join(' ')} exited with ${code}: ${stderr}`);
  return stdout;
}
