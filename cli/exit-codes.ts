/**
 * Exit codes: done, failed, wrong command line; a certificate is due, or one is void: expired, not yet valid or broken; and by
 * convention 128 plus the number of the signal.
 */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  due: 3,
  void: 4,
  SIGHUP: 129,
  SIGINT: 130,
  SIGTERM: 143,
} as const;
