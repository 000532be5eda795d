// SPDX-License-Identifier: Apache-2.0
// A drawing of diagrams, one below the other, as a value, and its text as SVG.
#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tune/cli/figure/axis.h"

namespace manta::figure {

struct Point {
  double x = 0;
  double y = 0;
};

/// A gap: what comes before it and what comes after it in a line are not joined.
inline constexpr Point kGap{std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::quiet_NaN()};

struct Line {
  enum class Style { kThin, kLink, kBold };
  Style style = Style::kThin;
  /// Points that lie nowhere, as NaN does, and zero on a logarithmic axis, are gaps.
  std::vector<Point> points;
  std::size_t hue = 0;  ///< Of a thin one: those of one number have one colour, and the next number another.
};

/// One diagram.
struct Panel {
  std::string title;
  std::string x_name;                        ///< In whole numbers.
  double x_high = 1;                         ///< Reaches from 0 to here.
  Axis::Scale scale = Axis::Scale::kLinear;  ///< Of the other axis, which reaches over all points.
  std::vector<Line> lines;                   ///< Later ones lie above.
  std::vector<Point> dots;                   ///< Below the lines.
  std::optional<Point> mark = std::nullopt;  ///< A ring around it.
};

struct LegendEntry {
  enum class Sign { kThin, kLink, kBold, kDot, kMark };
  Sign sign = Sign::kThin;
  std::string text;
};

struct Figure {
  std::string title;
  std::string subtitle;
  std::vector<LegendEntry> legend;
  std::vector<Panel> panels;
  std::vector<std::string> notes;  ///< Below all: what was left out.
};

/// The figure as one SVG document of 760 units' width: no script, nothing from elsewhere, light or dark as the reader's
/// system is. Texts may hold anything.
std::string to_svg(const Figure& figure);

/// `text` for a place in XML between tags or in quotes; what XML cannot have is written as `\x01`.
std::string xml_text(std::string_view text);

/// At most about `most` of the points: of each stretch its least, its greatest and a gap if it has one, and the first
/// and last of all.
std::vector<Point> thinned(std::vector<Point> points, std::size_t most);

}  // namespace manta::figure
