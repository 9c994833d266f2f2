import type { RunResult } from './run.js';

const NOT_VERIFIED = /^error \d+ at \d+ depth lookup/m;

/** Moves the reasons of a failed `openssl verify` to stderr: LibreSSL and OpenSSL before 1.1.0 print them to stdout. */
export function verificationOf(result: RunResult): RunResult {
  return NOT_VERIFIED.test(result.stdout)
    ? { ...result, stderr: `${result.stdout}${result.stderr}` }
    : result;
}

/** Tells whether all of so many certificates are valid. Older builds exit with 0, and print `OK` on a line of its own, after some errors. */
export function isVerified({ stdout }: RunResult, certificates = 1): boolean {
  return (
    /: OK\s*$/.test(stdout) &&
    (stdout.match(/: OK$/gm)?.length ?? 0) === certificates &&
    !NOT_VERIFIED.test(stdout)
  );
}
