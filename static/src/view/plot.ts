// One canvas: only the shapes. Axes, grid, cursor and labels are the lanes' own, so that all
// lanes share one time axis and the labels follow the theme.

export type Values = (number | null)[];

export interface Layer {
  stroke?: string;
  width?: number;
  dash?: number[];
  /** A colour, or `hatch:` and a colour. */
  fill?: string;
}

export interface PlotSpec {
  layers: Layer[];
  /** 1 upward, −1 hanging from the top. */
  dir?: 1 | -1;
  log?: boolean;
}

export interface Frame {
  from: number;
  to: number;
  min: number;
  max: number;
}

/** A colour from the style sheet, as the theme has it now. */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function colour(name: string): string {
  // `ink@0.08`: a token made translucent.
  const [base = "", alpha] = name.split("@");
  const value = token(base);
  if (!alpha) return value;
  const n = Number.parseInt(value.slice(1), 16);
  return `rgba(${n >> 16}, ${(n >> 8) & 255}, ${n & 255}, ${alpha})`;
}

function hatch(ctx: CanvasRenderingContext2D, name: string): CanvasPattern | string {
  const size = Math.round(7 * devicePixelRatio);
  const tile = document.createElement("canvas");
  tile.width = tile.height = size;
  const c = tile.getContext("2d");
  if (!c) return colour(name);
  c.fillStyle = colour(`${name}@0.14`);
  c.fillRect(0, 0, size, size);
  c.strokeStyle = colour(`${name}@0.75`);
  c.lineWidth = 1.4 * devicePixelRatio;
  c.beginPath();
  for (const d of [-size, 0, size]) {
    c.moveTo(d - 1, size + 1);
    c.lineTo(d + size + 1, -1);
  }
  c.stroke();
  return ctx.createPattern(tile, "repeat") ?? colour(name);
}

/** Entries without a known neighbour: a line alone would not show them. */
function alone(values: ArrayLike<number | null | undefined>): number[] {
  const out: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if (values[i] != null && values[i - 1] == null && values[i + 1] == null) out.push(i);
  }
  return out;
}

const POINT = 3;

export class Plot {
  private readonly canvas = document.createElement("canvas");
  private readonly ctx = this.canvas.getContext("2d");
  private frame: Frame = { from: 0, to: 1, min: 0, max: 1 };
  private t: readonly number[] = [];
  private columns: readonly Values[] = [];
  private pixelRatio = 0;
  private fills = new Map<string, CanvasPattern | string>();

  constructor(host: HTMLElement, private readonly spec: PlotSpec, private width: number, private height: number) {
    this.canvas.style.display = "block";
    host.append(this.canvas);
    this.resize(width, height);
  }

  private fill(ctx: CanvasRenderingContext2D, name: string): CanvasPattern | string {
    let fill = this.fills.get(name);
    if (fill === undefined) {
      fill = name.startsWith("hatch:") ? hatch(ctx, name.slice(6)) : colour(name);
      this.fills.set(name, fill);
    }
    return fill;
  }

  draw(t: number[], columns: Values[], frame: Frame): void {
    this.frame = frame;
    this.t = t;
    this.columns = columns;
    this.paint();
  }

  private paint(): void {
    const { ctx, spec, t } = this;
    if (!ctx) return;
    this.resize(this.width, this.height);
    const { from, to, min, max } = this.frame;
    const ratio = this.pixelRatio;
    const [w, h] = [this.canvas.width, this.canvas.height];
    const scale = spec.log ? (v: number) => Math.log10(Math.max(v, 1e-9)) : (v: number) => v;
    const [low, high] = [scale(min), scale(max)];
    const x = (i: number) => ((t[i]! - from) / (to - from)) * w;
    const y = (v: number) => {
      const share = (scale(v) - low) / (high - low || 1);
      return (spec.dir === -1 ? share : 1 - share) * h;
    };
    const base = y(spec.log ? min : 0);
    ctx.clearRect(0, 0, w, h);
    spec.layers.forEach((layer, n) => {
      const values = this.columns[n] ?? [];
      const line = new Path2D();
      const area = new Path2D();
      // Each run of known values by itself: a gap is a gap.
      for (let i = 0; i < values.length; i++) {
        if (values[i] == null) continue;
        const start = i;
        line.moveTo(x(i), y(values[i]!));
        area.moveTo(x(i), base);
        for (; i < values.length && values[i] != null; i++) {
          line.lineTo(x(i), y(values[i]!));
          area.lineTo(x(i), y(values[i]!));
        }
        area.lineTo(x(i - 1), base);
        area.lineTo(x(start), base);
      }
      if (layer.fill) {
        ctx.fillStyle = this.fill(ctx, layer.fill);
        ctx.fill(area);
      }
      if (!layer.stroke) return;
      // Remembered: asking the style sheet in the middle of a tick makes the browser work out all styles.
      ctx.strokeStyle = ctx.fillStyle = this.fill(ctx, layer.stroke);
      ctx.lineWidth = (layer.width ?? 1.25) * ratio;
      ctx.lineJoin = "round";
      ctx.setLineDash((layer.dash ?? []).map((d) => d * ratio));
      ctx.stroke(line);
      for (const i of alone(values)) {
        ctx.beginPath();
        ctx.arc(x(i), y(values[i]!), (POINT * ratio) / 2, 0, 7);
        ctx.fill();
      }
    });
  }

  /** Setting a canvas's size empties it, so only when it changed. */
  resize(width: number, height: number): void {
    if (this.width === width && this.height === height && this.pixelRatio === devicePixelRatio) return;
    if (this.pixelRatio !== devicePixelRatio) this.fills.clear();
    this.pixelRatio = devicePixelRatio;
    this.width = width;
    this.height = height;
    this.canvas.width = Math.round(width * devicePixelRatio);
    this.canvas.height = Math.round(height * devicePixelRatio);
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
  }

  /** After a change of theme. */
  recolour(): void {
    this.fills.clear();
    this.paint();
  }

  destroy(): void {
    this.canvas.remove();
  }
}
