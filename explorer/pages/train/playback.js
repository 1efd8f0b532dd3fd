// Playback: the frames of the runs one after another, until the last one or a press.

export const PLAY_MS = 400; // from one frame to the next

const SHAPES = { play: "M4 2 14 8 4 14Z", stop: "M4 2H7V14H4ZM9 2H12V14H9Z" };

export class Playback {
  /** @param {HTMLElement} root @param {{advance: (again: boolean) => Promise<boolean>}} act advance goes to the next frame, or
   * again from the first; false: there is none */
  constructor(root, act) {
    this.root = root;
    this.act = act;
    this.button = /** @type {HTMLButtonElement} */ (root.querySelector("[data-testid=play]"));
    /** @type {object | null} the playback that goes on */
    this.current = null;
    this.show();
  }

  get playing() {
    return this.current !== null;
  }

  toggle() {
    if (this.playing) this.stop();
    else void this.play();
  }

  async play() {
    const current = (this.current = {});
    this.show();
    let more = await this.act.advance(true);
    while (more) {
      await new Promise((resolve) => setTimeout(resolve, PLAY_MS));
      if (current !== this.current) return;
      more = await this.act.advance(false);
    }
    if (current === this.current) this.stop();
  }

  stop() {
    this.current = null;
    this.show();
  }

  show() {
    this.root.dataset.playing = String(this.playing);
    this.button.setAttribute("aria-label", this.playing ? "Stop at this frame" : "Play the frames");
    this.button.querySelector("path")?.setAttribute("d", this.playing ? SHAPES.stop : SHAPES.play);
  }
}
