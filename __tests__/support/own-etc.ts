/**
 * For a script in a mount namespace: what it writes to /etc from here on is seen by nobody else. The machines that other tests
 * have booted have the /etc of this one below theirs, and would find its lock and its journal.
 */
export const ownEtc =
  'mount -t tmpfs tmpfs /mnt && mkdir /mnt/upper /mnt/work && ' +
  'mount -t overlay -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work overlay /etc || exit 9; ';
