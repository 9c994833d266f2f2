/**
 * Exit codes: done, failed, wrong command line, or of `fleet plan` that there is something to do; a certificate is due; one is invalid: expired, not yet valid or broken. By
 * convention, a signal is 128 plus its number.
 */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  changes: 2,
  due: 3,
  invalid: 4,
  SIGHUP: 129,
  SIGINT: 130,
  SIGTERM: 143,
} as const;
