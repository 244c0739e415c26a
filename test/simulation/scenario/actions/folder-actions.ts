import { during, deliver, changeAll } from './scene.ts';
import type { Actions } from './scene.ts';

/** People commit, and the folder has its moods. */
export const FOLDER_ACTIONS = {
  commit: (scene) => {
    const what = scene.world.repository.change(scene.random);
    return `${what} (${deliver(scene)})`;
  },
  'commit storm': (scene) => {
    const { world, random, endAt } = scene;
    const everyMs = random.pick([300, 2000, 6000]);
    const next = (left: number) => {
      world.repository.change(random);
      world.folder.deliver(world.repository.head(), 'swap', random);
      if (left > 0 && world.time.now() + everyMs < endAt) world.time.inWorld(everyMs, () => next(left - 1));
    };
    changeAll(scene);
    next(10);
    return `every ${everyMs} ms`;
  },
  'break files': (scene) => {
    const what = scene.world.repository.breakFiles(scene.random);
    return `${what} (${deliver(scene)})`;
  },
  'mend files': (scene) => {
    scene.world.repository.mendFiles(scene.random);
    return deliver(scene);
  },
  'revert commit': (scene) => {
    scene.world.repository.revert(scene.random);
    return deliver(scene);
  },
  'folder missing': (scene) => {
    const { folder } = scene.world;
    folder.setMissing(true);
    return during(scene, () => folder.setMissing(false));
  },
  'empty folder': (scene) => {
    const { folder, repository } = scene.world;
    folder.deliver(new Map(), 'swap', scene.random);
    return during(scene, () => folder.deliver(repository.head(), 'swap', scene.random));
  },
  'slow folder': (scene) => {
    const { conditions } = scene.world.folder;
    conditions.readMs = scene.random.pick([
      [20, 200],
      [100, 500],
      [300, 3000],
    ]);
    return during(scene, () => {
      conditions.readMs = conditions.usualReadMs;
    });
  },
  'deaf watcher': (scene) => {
    const { conditions } = scene.world.folder;
    conditions.isDeaf = true;
    return during(scene, () => {
      conditions.isDeaf = false;
    });
  },
} satisfies Actions;
