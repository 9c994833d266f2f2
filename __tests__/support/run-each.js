// Runs command lines of the program one after another, each as a message asks for it: `{ cwd, args, env }`. The program's
// main module is evaluated anew for each, while all that it imports stays loaded.
const [, , main] = process.argv;
const streams = ['stdout', 'stderr'];
let runs = 0;

process.on('message', async ({ cwd, args, env }) => {
  process.chdir(cwd);
  process.argv = [process.execPath, main, ...args];
  for (const name of Object.keys(process.env)) if (!(name in env)) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, env);
  process.exitCode = undefined;
  const said = { stdout: '', stderr: '' };
  for (const name of streams)
    process[name].write = (chunk) => {
      said[name] += String(chunk);
      return true;
    };
  await import(`${main}?${++runs}`);
  for (const name of streams) process[name].removeAllListeners('error');
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) process.removeAllListeners(signal);
  process.send({ code: process.exitCode ?? 0, ...said });
});
