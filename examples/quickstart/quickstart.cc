// SPDX-License-Identifier: Apache-2.0
// How fast does successive over-relaxation solve Laplace's equation? It depends on one factor, and that is tuned.
#include <manta/manta.h>

#include <cmath>
#include <string>
#include <vector>

// The plate's border is kept at 0 and its n × n inner points start at 1. The solution is 0: what is left is the error.
void relax(manta::Trial& trial) {
  const auto factor = trial.config()["factor"].as<double>();
  const bool checkered = trial.config()["order"].as<std::string>() == "checkered";
  const auto n = trial.config()["n"].as<std::size_t>();
  std::vector<std::vector<double>> u(n + 2, std::vector<double>(n + 2, 0.0));
  for (std::size_t i = 1; i <= n; ++i)
    for (std::size_t j = 1; j <= n; ++j) u[i][j] = 1;

  for (int sweep = 1; sweep <= 200; ++sweep) {
    for (std::size_t color = 0; color < (checkered ? 2 : 1); ++color)
      for (std::size_t i = 1; i <= n; ++i)
        for (std::size_t j = checkered ? 1 + (i + color) % 2 : 1; j <= n; j += checkered ? 2 : 1)
          u[i][j] += factor * ((u[i - 1][j] + u[i + 1][j] + u[i][j - 1] + u[i][j + 1]) / 4 - u[i][j]);
    if (sweep % 20 != 0) continue;
    double squares = 0;
    for (const auto& row : u)
      for (const double value : row) squares += value * value;
    trial.report({{"log10_error", std::log10(squares) / 2 - std::log10(n)}});
  }
}

MANTA_TRAINABLE_FUNCTION(relax);
