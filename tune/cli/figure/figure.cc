// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/figure/figure.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <set>

#include "core/base/escape_control.h"

namespace manta::figure {

namespace {

// All in units of the drawing.
constexpr double kWidth = 760;
constexpr double kLeft = 76;
constexpr double kRight = kWidth - 20;
constexpr double kPlotHeight = 170;
constexpr double kPanelHeight = kPlotHeight + 66;
constexpr double kMargin = 7;             // Between the frame and the outermost values.
constexpr std::size_t kLongestText = 96;  // In characters.
constexpr std::size_t kLongestTitle = 64;
constexpr std::size_t kHues = 6;

// Colours by class, so that whoever cannot choose by the system's gets the light ones.
constexpr std::string_view kHead = R"(<style>
text{font:12px sans-serif;fill:#1f2328}.title{font-size:15px;font-weight:bold}.name{font-weight:bold}.dim{fill:#59636e}
.paper{fill:#fff}.frame{fill:#f6f8fa}.grid{stroke:#dde1e6}
.thin,.link,.bold,.mark{fill:none;stroke-linecap:round;stroke-linejoin:round}.thin{stroke-opacity:.8}
.h0{stroke:#6b93c9}.h1{stroke:#5aa67f}.h2{stroke:#a884bd}.h3{stroke:#b3954a}.h4{stroke:#4fa3ad}.h5{stroke:#8f969e}
.link{stroke:#59636e;stroke-dasharray:1 3}.bold,.mark{stroke:#cf222e}.bold{stroke-width:2.2}.mark{stroke-width:1.6}.dot{fill:#6b93c9}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.dim{fill:#9198a1}.paper{fill:#0d1117}.frame{fill:#151b23}
.grid{stroke:#2f363f}.link{stroke:#9198a1}.bold,.mark{stroke:#ff7b72}}
</style>
)";

// "64.2", "64".
std::string unit(double value) {
  std::array<char, 32> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.1f", value);
  std::string text = buffer.data();
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text == "-0" ? "0" : text;
}

std::string text_at(double x, double y, std::string_view attributes, std::string_view text) {
  return "<text x=\"" + unit(x) + "\" y=\"" + unit(y) + "\"" + (attributes.empty() ? "" : " ") +
         std::string(attributes) + ">" + xml_text(text) + "</text>\n";
}

std::string path(std::string_view style, const std::string& data) {
  return "<path class=\"" + std::string(style) + "\" d=\"" + data + "\"/>\n";
}

std::string circle(std::string_view style, double x, double y, double radius) {
  return "<circle class=\"" + std::string(style) + "\" cx=\"" + unit(x) + "\" cy=\"" + unit(y) + "\" r=\"" +
         unit(radius) + "\"/>\n";
}

std::string class_of(const Line& line) {
  switch (line.style) {
    case Line::Style::kThin: return "thin h" + std::to_string(line.hue % kHues);
    case Line::Style::kLink: return "link";
    case Line::Style::kBold: return "bold";
  }
  return "";
}

// Text that is too long for the drawing ends in an ellipsis.
std::string shortened(std::string text, std::size_t most = kLongestText) {
  std::size_t characters = 0;
  for (std::size_t index = 0; index < text.size(); ++index) {
    const bool begins = (static_cast<unsigned char>(text[index]) & 0xc0) != 0x80;
    if (begins && ++characters > most) return text.substr(0, index) + "…";
  }
  return text;
}

// One panel on its place.
class Plot {
 public:
  Plot(const Panel& panel, double top)
      : panel_(panel),
        top_(top),
        x_({.low = 0, .high = std::max(1.0, panel.x_high)}, Axis::Scale::kLinear),
        y_(extent_of(panel), panel.scale) {}

  std::string draw() const {
    std::string svg = "<g>\n" + text_at(kLeft, top_ - 8, "class=\"name\"", shortened(panel_.title, kLongestTitle)) +
                      "<rect class=\"frame\" x=\"" + unit(kLeft) + "\" y=\"" + unit(top_) + "\" width=\"" +
                      unit(kRight - kLeft) + "\" height=\"" + unit(kPlotHeight) + "\"/>\n" + grid();
    for (const Point& dot : panel_.dots)
      if (const auto place = placed(dot)) svg += circle("dot", place->x, place->y, 2);
    for (const Line& line : panel_.lines)
      if (const std::string data = data_of(line.points); !data.empty()) svg += path(class_of(line), data);
    if (const auto place = panel_.mark ? placed(*panel_.mark) : std::nullopt)
      svg += circle("mark", place->x, place->y, 5);
    return svg + "</g>\n";
  }

 private:
  static Extent extent_of(const Panel& panel) {
    Extent extent;
    const auto add = [&](const Point& point) {
      if (panel.scale == Axis::Scale::kLinear || point.y > 0) extent.add(point.y);
    };
    for (const Line& line : panel.lines) std::ranges::for_each(line.points, add);
    std::ranges::for_each(panel.dots, add);
    return extent;
  }

  std::optional<Point> placed(const Point& point) const {
    const std::optional<double> x = x_.place(point.x);
    const std::optional<double> y = y_.place(point.y);
    if (!x || !y) return std::nullopt;
    return Point{kLeft + kMargin + *x * (kRight - kLeft - 2 * kMargin),
                 top_ + kPlotHeight - kMargin - *y * (kPlotHeight - 2 * kMargin)};
  }

  // "M64 20L70 21.5": begins anew behind each gap. A point alone is a line of no length, which shows as a dot.
  std::string data_of(const std::vector<Point>& points) const {
    std::string data;
    bool is_joined = false;
    for (std::size_t index = 0; index < points.size(); ++index) {
      const std::optional<Point> place = placed(points[index]);
      if (!place) {
        is_joined = false;
        continue;
      }
      data += (is_joined ? "L" : "M") + unit(place->x) + " " + unit(place->y);
      const bool is_alone = !is_joined && (index + 1 == points.size() || !placed(points[index + 1]));
      if (is_alone) data += "h0";
      is_joined = true;
    }
    return data;
  }

  std::string grid() const {
    std::string svg;
    const double bottom = top_ + kPlotHeight;
    for (const Tick& tick : x_.ticks(/*whole=*/true)) {
      const double x = kLeft + kMargin + *x_.place(tick.value) * (kRight - kLeft - 2 * kMargin);
      svg += path("grid", "M" + unit(x) + " " + unit(top_) + "V" + unit(bottom)) +
             text_at(x, bottom + 16, "text-anchor=\"middle\"", tick.text);
    }
    for (const Tick& tick : y_.ticks()) {
      const std::optional<Point> place = placed({0, tick.value});
      svg += path("grid", "M" + unit(kLeft) + " " + unit(place->y) + "H" + unit(kRight)) +
             text_at(kLeft - 7, place->y + 4, "text-anchor=\"end\"", tick.text);
    }
    return svg + text_at(kRight, bottom + 32, "text-anchor=\"end\" class=\"dim\"", panel_.x_name);
  }

  const Panel& panel_;
  const double top_;
  const Axis x_;
  const Axis y_;
};

std::string sign_of(const LegendEntry& entry, double x, double y) {
  const std::string dash = "M" + unit(x) + " " + unit(y) + "h20";
  switch (entry.sign) {
    case LegendEntry::Sign::kThin: return path("thin h0", dash);
    case LegendEntry::Sign::kLink: return path("link", dash);
    case LegendEntry::Sign::kBold: return path("bold", dash);
    case LegendEntry::Sign::kDot: return circle("dot", x + 10, y, 2);
    case LegendEntry::Sign::kMark: return circle("mark", x + 10, y, 5);
  }
  return "";
}

}  // namespace

std::string xml_text(std::string_view text) {
  std::string escaped;
  for (const char c : escape_control(text)) {
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      case '\'': escaped += "&apos;"; break;
      default: escaped += c;
    }
  }
  return escaped;
}

std::vector<Point> thinned(std::vector<Point> points, std::size_t most) {
  if (points.size() <= most) return points;
  const std::size_t stretches = std::max<std::size_t>(1, most / 2);
  std::set<std::size_t> kept{0, points.size() - 1};
  for (std::size_t stretch = 0; stretch < stretches; ++stretch) {
    const std::size_t begin = stretch * points.size() / stretches;
    const std::size_t end = (stretch + 1) * points.size() / stretches;
    std::optional<std::size_t> least, greatest;
    for (std::size_t index = begin; index < end; ++index) {
      const double y = points[index].y;
      if (!std::isfinite(y)) {
        kept.insert(index);
        while (index + 1 < end && !std::isfinite(points[index + 1].y)) ++index;
        continue;
      }
      if (!least || y < points[*least].y) least = index;
      if (!greatest || y > points[*greatest].y) greatest = index;
    }
    if (least) kept.insert({*least, *greatest});
  }
  std::vector<Point> rest;
  for (const std::size_t index : kept) rest.push_back(points[index]);
  return rest;
}

std::string to_svg(const Figure& figure) {
  const double first = 92;  // Where the first panel's frame begins.
  const double panels_end = first + kPanelHeight * static_cast<double>(figure.panels.size()) - 22;
  const double height = panels_end + 18 * static_cast<double>(figure.notes.size()) + 10;
  const std::string size = unit(kWidth) + " " + unit(height);
  std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + size + "\" width=\"" + unit(kWidth) +
                    "\" height=\"" + unit(height) + "\" role=\"img\">\n<title>" + xml_text(figure.title) +
                    "</title>\n" + std::string(kHead) + "<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n" +
                    text_at(kLeft, 24, "class=\"title\"", shortened(figure.title, kLongestTitle)) +
                    text_at(kLeft, 43, "class=\"dim\"", shortened(figure.subtitle));
  double x = kLeft;
  for (const LegendEntry& entry : figure.legend) {
    svg += sign_of(entry, x, 60) + text_at(x + 26, 64, "", entry.text);
    x += 50 + 6.4 * static_cast<double>(entry.text.size());
  }
  for (std::size_t index = 0; index < figure.panels.size(); ++index)
    svg += Plot(figure.panels[index], first + kPanelHeight * static_cast<double>(index)).draw();
  for (std::size_t index = 0; index < figure.notes.size(); ++index)
    svg +=
        text_at(kLeft, panels_end + 18 * static_cast<double>(index), "class=\"dim\"", shortened(figure.notes[index]));
  return svg + "</svg>\n";
}

}  // namespace manta::figure
