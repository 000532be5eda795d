// SPDX-License-Identifier: Apache-2.0
// Counts the words of a text: it lies once in shared memory, where each mapper reads its part; reducers merge the
// counts.
#include <manta/manta.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

namespace {

using Text = manta::SharedArray<char>;
using Counts = std::map<std::string, int>;

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

// The words that begin in [begin, end).
Counts count_words(const Text& text, std::size_t begin, std::size_t end) {
  Counts counts;
  const char* at = text.data() + begin;
  const char* last = text.data() + text.size();
  if (begin > 0)
    while (at < last && is_letter(at[-1])) ++at;  // This word began before.
  while (at < text.data() + end) {
    const char* word = std::find_if(at, last, is_letter);
    const char* word_end = std::find_if_not(word, last, is_letter);
    if (word >= text.data() + end || word == last) break;
    std::string lower(word, word_end);
    for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    ++counts[lower];
    at = word_end;
  }
  return counts;
}

Counts merge(Counts a, const Counts& b) {
  for (const auto& [word, count] : b) a[word] += count;
  return a;
}

}  // namespace

int main(int argc, char** argv) {
  const manta::Runtime runtime = manta::init(argc, argv).value();
  std::ifstream file(argc > 1 ? argv[1] : "LICENSE", std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  if (bytes.empty()) {
    std::fprintf(stderr, "usage: word_count FILE   (LICENSE, if none is named)\n");
    return 2;
  }
  const auto text = manta::put(Text(bytes));
  constexpr std::size_t kParts = 16;
  std::vector<manta::ObjectRef<Counts>> counts;
  for (std::size_t i = 0; i < kParts; ++i)
    counts.push_back(manta::remote<count_words>(text, i * bytes.size() / kParts, (i + 1) * bytes.size() / kParts));
  while (counts.size() > 1) {
    counts.push_back(manta::remote<merge>(counts[0], counts[1]));
    counts.erase(counts.begin(), counts.begin() + 2);
  }
  const Counts all = manta::get(counts.front()).value();
  std::vector<std::pair<int, std::string>> ranked;
  for (const auto& [word, count] : all) ranked.emplace_back(-count, word);
  std::sort(ranked.begin(), ranked.end());
  for (std::size_t i = 0; i < std::min<std::size_t>(5, ranked.size()); ++i)
    std::printf("%5d %s\n", -ranked[i].first, ranked[i].second.c_str());
}
