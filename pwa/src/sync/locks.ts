/** One tab works on a person's stream at a time. */

export interface Locks {
  run<T>(name: string, work: () => Promise<T>): Promise<T>
}

/** Web Locks where the browser has them; else a queue inside this tab. */
export function browserLocks(): Locks {
  const manager = (globalThis as { navigator?: { locks?: LockManager } }).navigator?.locks
  if (manager) return { run: (name, work) => manager.request(name, work) as Promise<Awaited<ReturnType<typeof work>>> }
  return localLocks()
}

export function localLocks(): Locks {
  const tails = new Map<string, Promise<unknown>>()
  return {
    run(name, work) {
      const done = (tails.get(name) ?? Promise.resolve()).catch(() => undefined).then(work)
      tails.set(name, done.catch(() => undefined))
      return done
    },
  }
}

export const syncLock = (database: string): string => `tiange-sync:${database}`
