// SPDX-License-Identifier: Apache-2.0
#include "searchers/pareto/undominated_boxes.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/random.h"
#include "searchers/pareto/hypervolume.h"

namespace manta::undominated_boxes_test {
namespace {

LossTable random_table(std::size_t objectives, std::size_t size, RandomStream& random) {
  LossTable table(objectives);
  std::vector<double> losses(objectives);
  for (std::size_t i = 0; i < size; ++i) {
    // Sevenths, so that some coordinates are equal, and some points beyond the reference.
    for (double& loss : losses) loss = static_cast<double>(random.below(9)) / 7;
    table.add(losses);
  }
  return table;
}

// Where the losses cannot be below 0.
double volume_of(const UndominatedBoxes& boxes) {
  const std::size_t objectives = boxes.levels.size();
  double sum = 0;
  for (const auto& corner : boxes.corners) {
    double volume = 1;
    for (std::size_t i = 0; i < objectives; ++i)
      volume *= boxes.levels[i][corner[objectives + i]] - std::max(boxes.levels[i][corner[i]], 0.0);
    sum += volume;
  }
  return sum;
}

std::size_t boxes_around(const UndominatedBoxes& boxes, const std::vector<double>& point) {
  const std::size_t objectives = boxes.levels.size();
  return static_cast<std::size_t>(std::ranges::count_if(boxes.corners, [&](const auto& corner) {
    for (std::size_t i = 0; i < objectives; ++i) {
      if (point[i] < boxes.levels[i][corner[i]] || point[i] >= boxes.levels[i][corner[objectives + i]]) return false;
    }
    return true;
  }));
}

TEST(UndominatedBoxesTest, TheyAreWhatTheHypervolumeLeaves) {
  RandomStream random(1, 2);
  for (std::size_t objectives = 1; objectives <= 4; ++objectives) {
    const std::vector<double> reference(objectives, 1.0);
    for (std::size_t size = 0; size < 12; ++size) {
      const LossTable table = random_table(objectives, size, random);

      EXPECT_NEAR(volume_of(undominated_boxes(table, reference)) + hypervolume(table, reference), 1, 1e-12)
          << objectives << " objectives, " << size << " points";
    }
  }
}

TEST(UndominatedBoxesTest, APointIsInOneBoxIfItIsNotDominatedAndElseInNone) {
  RandomStream random(3, 4);
  for (std::size_t objectives = 1; objectives <= 4; ++objectives) {
    const std::vector<double> reference(objectives, 1.0);
    const LossTable table = random_table(objectives, 10, random);
    const UndominatedBoxes boxes = undominated_boxes(table, reference);
    for (int i = 0; i < 200; ++i) {
      std::vector<double> point(objectives);
      for (double& loss : point) loss = 1.4 * random.uniform() - 0.2;
      bool is_free = std::ranges::all_of(point, [](double loss) { return loss < 1; });
      for (std::size_t k = 0; k < table.size(); ++k) is_free = is_free && !dominates(table[k], point);

      EXPECT_EQ(boxes_around(boxes, point), is_free ? 1u : 0u);
    }
  }
}

TEST(UndominatedBoxesTest, OfTwoObjectivesThereIsOneMoreThanPoints) {
  LossTable front(2);
  for (int i = 0; i < 10; ++i) front.add(std::vector<double>{0.05 + i / 11., 0.95 - i / 11.});

  EXPECT_EQ(undominated_boxes(front, std::vector<double>{1, 1}).corners.size(), 11u);
}

}  // namespace
}  // namespace manta::undominated_boxes_test
