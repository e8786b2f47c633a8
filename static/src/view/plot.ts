// One uPlot canvas: only the shapes. Axes, grid, cursor and labels are the lanes' own, so that all
// lanes share one time axis and the labels follow the theme.

import uPlot from "uplot";

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

export class Plot {
  private readonly u: uPlot;
  private frame: Frame = { from: 0, to: 1, min: 0, max: 1 };
  private pixelRatio = devicePixelRatio;
  private fills = new Map<string, CanvasPattern | string>();

  constructor(host: HTMLElement, spec: PlotSpec, width: number, height: number) {
    this.u = new uPlot(
      {
        width,
        height,
        padding: [0, 0, 0, 0],
        legend: { show: false },
        cursor: { show: false },
        axes: [{ show: false }, { show: false }],
        scales: {
          x: { time: false, range: () => [this.frame.from, this.frame.to] },
          y: {
            range: () => [this.frame.min, this.frame.max],
            dir: spec.dir ?? 1,
            ...(spec.log ? { distr: 3 as const, log: 10 as const } : {}),
          },
        },
        series: [
          {},
          ...spec.layers.map((layer): uPlot.Series => {
            const series: uPlot.Series = {
              spanGaps: false,
              // Without a stroke too: the width shifts the shape by half a pixel.
              width: layer.width ?? 1.25,
              points: {
                show: true,
                size: 3,
                fill: () => colour(layer.stroke ?? "ink"),
                stroke: () => colour(layer.stroke ?? "ink"),
                filter: (u, i) => (layer.stroke ? alone(u.data[i] ?? []) : []),
              },
            };
            if (layer.stroke) series.stroke = () => colour(layer.stroke!);
            if (layer.dash) series.dash = layer.dash;
            if (layer.fill) {
              series.fill = (u) => this.fill(u.ctx, layer.fill!) as string;
              series.fillTo = () => (spec.log ? this.frame.min : 0);
            }
            return series;
          }),
        ],
      },
      [[], ...spec.layers.map(() => [])] as uPlot.AlignedData,
      host,
    );
  }

  private fill(ctx: CanvasRenderingContext2D, name: string): CanvasPattern | string {
    if (this.pixelRatio !== devicePixelRatio) {
      this.pixelRatio = devicePixelRatio;
      this.fills.clear();
    }
    let fill = this.fills.get(name);
    if (fill === undefined) {
      fill = name.startsWith("hatch:") ? hatch(ctx, name.slice(6)) : colour(name);
      this.fills.set(name, fill);
    }
    return fill;
  }

  draw(t: number[], columns: Values[], frame: Frame): void {
    this.frame = frame;
    this.u.setData([t, ...columns] as uPlot.AlignedData);
  }

  resize(width: number, height: number): void {
    if (this.u.width !== width || this.u.height !== height) this.u.setSize({ width, height });
  }

  /** After a change of theme. */
  recolour(): void {
    this.fills.clear();
    this.u.redraw(false, false);
  }

  destroy(): void {
    this.u.destroy();
  }
}
