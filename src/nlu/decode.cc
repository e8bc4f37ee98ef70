#include "gatehouse/nlu/decode.h"

#include <algorithm>
#include <cmath>

#include "gatehouse/base/assert.h"

namespace gatehouse::nlu {

std::vector<Window> windows(std::size_t tokens, WindowRule rule) {
  GH_ASSERT(rule.stride > 0 && rule.stride <= rule.size);
  std::vector<Window> found;
  std::size_t first = 0;
  for (; tokens - first > rule.size; first += rule.stride) found.push_back({first, rule.size});
  found.push_back({first, tokens - first});
  return found;
}

std::vector<double> merged(std::span<const std::span<const float>> parts, std::span<const Window> windows, std::size_t tokens) {
  GH_ASSERT(parts.size() == windows.size());
  std::vector<double> whole(tokens);
  std::size_t known = 0;
  for (std::size_t n = 0; n < parts.size(); ++n) {
    const Window window = windows[n];
    GH_ASSERT(parts[n].size() == window.size && window.first <= known && window.first + window.size <= tokens);
    for (std::size_t i = 0; i < window.size; ++i) {
      const std::size_t at = window.first + i;
      const auto value = static_cast<double>(parts[n][i]);
      whole[at] = at < known ? (whole[at] + value) / 2 : value;
    }
    known = std::max(known, window.first + window.size);
  }
  GH_ASSERT(known == tokens);
  return whole;
}

std::vector<Span> decode_spans(std::span<const double> head, std::span<const double> tail, std::span<const Place> places,
                               double threshold) {
  GH_ASSERT(head.size() == places.size() && tail.size() == places.size());
  std::vector<Span> found;
  std::optional<std::size_t> nearest;
  for (std::size_t at = places.size(); at-- > 0;) {
    if (places[at].empty()) continue;
    if (tail[at] > threshold) nearest = at;
    if (head[at] > threshold && nearest) {
      found.push_back({{places[at].begin, places[*nearest].end}, sigmoid(head[at]) * sigmoid(tail[*nearest])});
    }
  }
  std::ranges::sort(found);
  return found;
}

std::optional<LabelTokens> tokens_of_label(Place label, std::span<const Place> places) {
  std::optional<LabelTokens> found;
  for (std::size_t at = 0; at < places.size(); ++at) {
    const Place place = places[at];
    if (place.empty() || place.begin < label.begin || place.end > label.end) continue;
    if (!found) found = LabelTokens{at, at};
    found->last = at;
  }
  return found;
}

std::vector<double> softmax(std::span<const double> scores) {
  GH_ASSERT(!scores.empty());
  const double most = *std::ranges::max_element(scores);
  std::vector<double> parts;
  double sum = 0;
  for (const double score : scores) sum += parts.emplace_back(std::exp(score - most));
  for (double& part : parts) part /= sum;
  return parts;
}

double sigmoid(double logit) {
  if (logit >= 0) return 1 / (1 + std::exp(-logit));
  const double raised = std::exp(logit);
  return raised / (1 + raised);
}

}  // namespace gatehouse::nlu
