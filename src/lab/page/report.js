"use strict";
(() => {
    const data = JSON.parse(document.getElementById("data").textContent);
    const dashes = [[], [8, 4], [2, 3], [10, 3, 2, 3]];
    const height = 290;

    function colour(name) {
        return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    }

    function axis(extra) {
        return Object.assign({
            stroke: colour("--faint"),
            grid: {stroke: colour("--line"), width: 1},
            ticks: {stroke: colour("--line"), width: 1},
        }, extra);
    }

    // 1, 2 and 5 of every decade that the axis shows; only the 1s when there are many decades or little room.
    function logSplits(plot, min, max) {
        const decades = Math.log10(max / min);
        const wanted = plot.width / decades > 130 ? [1, 2, 5] : [1];
        const splits = [];
        for (let power = Math.floor(Math.log10(min)); power <= Math.ceil(Math.log10(max)); ++power) {
            for (const digit of wanted) {
                const value = Number(digit + "e" + power);
                if (value >= min * 0.999999 && value <= max * 1.000001) splits.push(value);
            }
        }
        return splits;
    }

    function plain(value) {
        return value == null ? "" : String(Number(value.toPrecision(4)));
    }

    function seriesOf(chart, printValue) {
        return chart.lines.map(line => ({
            label: data.functions[line.function],
            stroke: colour("--s" + line.function % 8),
            dash: dashes[line.function % dashes.length],
            width: 2,
            points: {show: false},
            value: (plot, value) => value == null ? "" : printValue(value),
        }));
    }

    function options(chart, host, unit, yAxis, printY, yRange, draw) {
        const xAxis = axis({label: chart.title, size: 32, labelSize: 20, labelGap: 2, values: (plot, splits) => splits.map(plain)});
        if (chart.logarithmic) {
            xAxis.splits = (plot, index, min, max) => logSplits(plot, min, max);
            xAxis.filter = (plot, splits) => splits;
        }
        const position = {label: "\u00a0", value: (plot, value) => value == null ? "" : "at " + plain(value) + unit};
        return {
            width: Math.max(240, host.clientWidth), height,
            padding: [12, 16, 0, 0],
            legend: {markers: {width: 3}},
            cursor: {y: false, drag: {x: false, y: false}},
            scales: {x: {time: false, distr: chart.logarithmic ? 3 : 1, range: (plot, min, max) => [min, max]}, y: {range: yRange}},
            series: [position].concat(seriesOf(chart, printY)),
            axes: [xAxis, yAxis],
            hooks: {draw: draw ? [draw] : []},
        };
    }

    function drawBreakEvens(plot) {
        const context = plot.ctx;
        const ratio = devicePixelRatio || 1;
        const {left, top, width, height: tall} = plot.bbox;
        context.save();
        context.strokeStyle = context.fillStyle = colour("--ink");
        context.lineWidth = ratio;
        context.font = 12 * ratio + "px system-ui, sans-serif";
        context.textBaseline = "top";
        data.breakEvens.slice(0, 8).forEach((even, index) => {
            const x = Math.round(plot.valToPos(even.percent, "x", true));
            if (x < left || x > left + width) return;
            context.setLineDash([4 * ratio, 4 * ratio]);
            context.beginPath();
            context.moveTo(x, top);
            context.lineTo(x, top + tall);
            context.stroke();
            const text = "break-even " + even.label;
            const room = 6 * ratio;
            const toTheLeft = x + room + context.measureText(text).width > left + width;
            context.textAlign = toTheLeft ? "right" : "left";
            context.fillText(text, toTheLeft ? x - room : x + room, top + (index * 16 + 4) * ratio);
        });
        context.restore();
    }

    function drawn(chart, unit, yAxis, printY, yRange, draw) {
        const host = document.getElementById(chart.id);
        host.replaceChildren();
        const values = [chart.x].concat(chart.lines.map(line => line.y));
        return {host, plot: new uPlot(options(chart, host, unit, yAxis, printY, yRange, draw), values, host)};
    }

    function drawAll() {
        const percent = axis({values: (plot, splits) => splits.map(value => value + " %"), size: 56});
        const plots = data.distributions.map(chart => drawn(chart, " ms", percent, value => value.toFixed(1) + " %", () => [0, 101], null));
        if (data.cost) {
            const dollars = axis({values: (plot, splits) => splits.map(value => "$" + Number(value.toPrecision(6))), size: 70});
            const range = (plot, min, max) => {
                const room = (max - min) * 0.08 || max * 0.08 || 1;
                return [Math.max(0, min - room), max + room];
            };
            plots.push(drawn(data.cost, " %", dollars, value => "$" + value.toFixed(4), range, drawBreakEvens));
        }
        return plots;
    }

    let plots = drawAll();

    function redraw() {
        for (const {plot} of plots) plot.destroy();
        plots = drawAll();
    }

    function fit() {
        for (const {host, plot} of plots) {
            const width = Math.max(240, host.clientWidth);
            if (width !== plot.width) plot.setSize({width, height});
        }
    }

    // In the next frame: a plot that grows inside the observer's callback would call it again.
    new ResizeObserver(() => requestAnimationFrame(fit)).observe(document.querySelector("main"));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
    addEventListener("beforeprint", () => {
        document.documentElement.classList.add("printing");
        redraw();
    });
    addEventListener("afterprint", () => {
        document.documentElement.classList.remove("printing");
        redraw();
    });
})();
