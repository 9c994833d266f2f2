/** What the machine has beside this one's packages. Its docker leaves the kernel's firewall alone and needs no overlay. */
const files = {
  'etc/fstab': '',
  'etc/machine-id': '5eab1e5eab1e5eab1e5eab1e5eab1e00\n',
  'etc/hostname': 'real-host\n',
  'etc/default/docker':
    'DOCKER_OPTS="--bridge=none --iptables=false --ip6tables=false --ip-forward=false --storage-driver=vfs"\n',
  'etc/systemd/system/default.target':
    '[Unit]\nRequires=basic.target\nWants=docker.service\nAfter=basic.target docker.service\n',
};
/** Of no use to these tests, slow, or for the kernel as a whole, which is not the machine's own. */
const masked = `
  systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket systemd-udev-trigger.service
  systemd-hwdb-update.service systemd-journal-flush.service systemd-journal-catalog-update.service systemd-logind.service
  systemd-update-utmp.service systemd-sysusers.service systemd-firstboot.service systemd-random-seed.service
  systemd-sysctl.service systemd-modules-load.service systemd-binfmt.service systemd-pstore.service systemd-remount-fs.service
  modprobe@.service dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount
  sys-kernel-config.mount sys-fs-fuse-connections.mount proc-sys-fs-binfmt_misc.automount ldconfig.service
  systemd-tmpfiles-clean.timer`
  .trim()
  .split(/\s+/);

/** For the keeper's environment. */
export const machineFiles = {
  MASKED: masked.join('\n'),
  FILES: Object.entries(files)
    .map(([path, content]) => `${path} ${content.replaceAll('\n', '\\n')}`)
    .join('\n'),
} as const;

/** Where the keeper has what the machine wrote to its disk. */
export const writtenInKeeper = '/mnt/upper';

/**
 * The machine's keeper. All that it writes lies in memory, in a mount namespace of its own, and is gone with it; only its group
 * of processes has to be removed. Each line of its input boots the machine again, on the same disk, once it has stopped. It waits
 * for the end of its input, which also comes when the tests are killed.
 */
export const keeper = `
set -eu
mount --make-rprivate /
mount -t tmpfs -o mode=0755 tmpfs /mnt
mkdir ${writtenInKeeper} /mnt/work /mnt/root /mnt/groups
mount -t overlay overlay -o lowerdir=/,upperdir=${writtenInKeeper},workdir=/mnt/work /mnt/root
mount -t cgroup2 cgroup2 /mnt/groups
group=/mnt/groups/docker-tls-test-$$
mkdir "$group"
cd /mnt/root
# What a docker of the machine outside has here cannot be renamed in an overlay.
mkdir -p var/lib/docker
mount -t tmpfs -o mode=0711 tmpfs var/lib/docker
rm -rf etc/systemd/system/*.wants etc/systemd/system/docker* etc/docker usr/sbin/policy-rc.d
while read -r unit; do ln -s /dev/null "etc/systemd/system/$unit"; done <<< "$MASKED"
while read -r path content; do printf "$content" > "$path"; done <<< "$FILES"
boot() {
  (
    read -r self _ < /proc/self/stat
    echo "$self" > "$group/cgroup.procs"
    exec unshare --mount --uts --ipc --net --pid --cgroup --fork --kill-child=SIGKILL bash -euc "$INIT"
  ) < /dev/null &
  machine=$!
}
boot
while read -r _; do
  timeout 60 tail --pid="$machine" -f /dev/null
  find "$group" -mindepth 1 -depth -type d -exec rmdir {} +
  boot
done
kill -KILL "$machine" 2> /dev/null || true
wait "$machine" 2> /dev/null || true
for _ in $(seq 100); do
  find "$group" -depth -type d -exec rmdir {} + 2> /dev/null && exit 0
  sleep 0.05
done
echo "$group is left" >&2
exit 1
`;

/** Process 1 of the machine, before it becomes systemd. */
export const init = `
read -r self _ < /proc/self/stat # as the machine outside counts
echo "pid $self"
cd /mnt/root
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=0755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
# After /tmp, for they may lie there.
for directory in "$PROJECT" "$(dirname "$NODE")" "$CACHE"; do
  mkdir -p "/mnt/root$directory"
  mount --bind -o ro "$directory" "/mnt/root$directory"
done
mount -t tmpfs -o mode=0755 tmpfs dev
for device in null zero full random urandom tty; do
  : > dev/$device
  mount --bind /dev/$device dev/$device
done
mkdir dev/shm dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mkdir -p outside
pivot_root . outside
umount -l outside
rmdir outside
exec env -i container=docker-tls-test PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \\
  /lib/systemd/systemd --show-status=no --log-level=warning
`;
