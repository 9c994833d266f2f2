/** What `all` makes, with its modes. */
export const sixFiles = {
  '/': '0700',
  'ca-key.pem': '0400',
  'ca.pem': '0444',
  'cert.pem': '0444',
  'key.pem': '0400',
  'server-cert.pem': '0444',
  'server-key.pem': '0400',
};
