/** A message that has not been sent. */
export type Queued<Message> = {
  readonly message: Message;
  /** When it was added, in milliseconds of the monotonic clock. */
  readonly since: number;
  /** The attempts that ended with a status that patience seldom changes. */
  oddAttempts: number;
};

export type QueueOptions<Message> = {
  /** How much of the queue a message takes. */
  readonly sizeOf: (message: Message) => number;
  /** Whether a message makes an earlier one useless that has not been sent. */
  readonly replaces?: (message: Message, earlier: Message) => boolean;
};

export type MessageQueue<Message> = {
  /** Adds a message. Returns how many old ones had to make room. */
  readonly add: (message: Message) => number;
  /** Returns the oldest message, which is then in flight: it is neither replaced nor removed by others. */
  readonly next: () => Queued<Message> | null;
  readonly remove: (item: Queued<Message>) => void;
  /** Removes all messages, and returns how many there were. */
  readonly clear: () => number;
  readonly length: () => number;
};

/** The size of the queue. If a message does not fit, the oldest ones are given up. */
const MAX_QUEUE_SIZE = 5000;

/** Creates a queue of messages to one receiver, of limited size. */
export function messageQueue<Message>({
  sizeOf,
  replaces = () => false,
}: QueueOptions<Message>): MessageQueue<Message> {
  let items: Queued<Message>[] = [];
  let inFlight: Queued<Message> | null = null;

  const makeRoom = (size: number): number => {
    let total = size + items.reduce((sum, { message }) => sum + sizeOf(message), 0);
    const before = items.length;
    items = items.filter((item) => {
      if (total <= MAX_QUEUE_SIZE || item === inFlight) return true;
      total -= sizeOf(item.message);
      return false;
    });
    return before - items.length;
  };

  return {
    add: (message) => {
      items = items.filter((item) => item === inFlight || !replaces(message, item.message));
      const removed = makeRoom(sizeOf(message));
      items.push({ message, since: performance.now(), oddAttempts: 0 });
      return removed;
    },
    next: () => {
      inFlight = items[0] ?? null;
      return inFlight;
    },
    remove: (item) => {
      items = items.filter((each) => each !== item);
    },
    clear: () => items.splice(0).length,
    length: () => items.length,
  };
}
