#include "gatehouse/nlu/decode.h"

#include <gmock/gmock.h>

#include "gatehouse/base/random.h"

namespace gatehouse::nlu {
namespace {

using testing::ElementsAre;

TEST(Windows, CoverTheTextAndShareTokens) {
  EXPECT_THAT(windows(2, {}), ElementsAre(Window{0, 2}));
  EXPECT_THAT(windows(384, {}), ElementsAre(Window{0, 384}));
  EXPECT_THAT(windows(385, {}), ElementsAre(Window{0, 384}, Window{352, 33}));
  EXPECT_THAT(windows(736, {}), ElementsAre(Window{0, 384}, Window{352, 384}));
  EXPECT_THAT(windows(737, {}), ElementsAre(Window{0, 384}, Window{352, 384}, Window{704, 33}));
  EXPECT_THAT(windows(10, {.size = 4, .stride = 4}), ElementsAre(Window{0, 4}, Window{4, 4}, Window{8, 2}));
}

TEST(Merged, TakesTheMeanWhereWindowsMeet) {
  const std::vector<float> one = {1, 2, 3, 4}, two = {5, 6, 7};
  const std::vector<std::span<const float>> parts = {one, two};
  const std::vector<Window> both = {{0, 4}, {2, 3}};
  EXPECT_THAT(merged(parts, both, 5), ElementsAre(1, 2, 4, 5, 7));
}

// Tokens "[CLS] a b c d e [SEP]", each one code point wide.
std::vector<Place> seven_places() { return {{}, {0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}, {}}; }

std::string spans(std::vector<double> head, std::vector<double> tail, double threshold = 0) {
  std::string out;
  for (const Span& span : decode_spans(head, tail, seven_places(), threshold)) {
    out.append(out.empty() ? "" : " ").append(std::to_string(span.place.begin)).append("-").append(std::to_string(span.place.end));
  }
  return out;
}

TEST(Spans, GoFromAHeadToTheNearestTail) {
  struct Row {
    const char* what;
    std::vector<double> head, tail;
    const char* spans;
  };
  const Row rows[] = {
      {"nothing", {-1, -1, -1, -1, -1, -1, -1}, {-1, -1, -1, -1, -1, -1, -1}, ""},
      {"one token", {-1, 1, -1, -1, -1, -1, -1}, {-1, 1, -1, -1, -1, -1, -1}, "0-1"},
      {"several tokens", {-1, 1, -1, -1, -1, -1, -1}, {-1, -1, -1, 1, 1, -1, -1}, "0-3"},
      {"a tail before its head", {-1, -1, 1, -1, -1, -1, -1}, {-1, 1, -1, -1, -1, -1, -1}, ""},
      {"two heads share a tail", {-1, 1, -1, 1, -1, -1, -1}, {-1, -1, -1, -1, 1, -1, -1}, "0-4 2-4"},
      {"two spans", {-1, 1, -1, 1, -1, -1, -1}, {-1, 1, -1, -1, 1, -1, -1}, "0-1 2-4"},
      {"the marks around the text never count", {9, -1, -1, -1, -1, -1, 9}, {9, -1, -1, -1, -1, -1, 9}, ""},
      {"a tail after the text does not end a span", {-1, -1, 1, -1, -1, -1, -1}, {-1, -1, -1, -1, -1, -1, 9}, ""},
      {"at the threshold is not over it", {-1, 0, -1, -1, -1, -1, -1}, {-1, 1, -1, -1, -1, -1, -1}, ""},
  };
  for (const Row& row : rows) EXPECT_EQ(spans(row.head, row.tail), row.spans) << row.what;
  EXPECT_EQ(spans({-1, 0.6, 0.4, -1, -1, -1, -1}, {-1, 0.6, 0.6, -1, -1, -1, -1}, 0.5), "0-1");
}

TEST(Spans, AreWorthTheirTwoEnds) {
  const std::vector<double> head = {-9, 0, -9, -9, -9, -9, -9}, tail = {-9, -9, 100, -9, -9, -9, -9};
  const std::vector<Span> found = decode_spans(head, tail, seven_places(), -1);
  ASSERT_EQ(found.size(), 1);
  EXPECT_DOUBLE_EQ(found[0].score, 0.5);
  EXPECT_DOUBLE_EQ(sigmoid(-1000), 0);
  EXPECT_DOUBLE_EQ(sigmoid(1000), 1);
}

// By the definition, over random logits: every head with its nearest tail, in order, within the text, with a score.
TEST(Spans, AreWhatTheirDefinitionSays) {
  SeededRandom random(20261127);
  const auto logit = [&] { return static_cast<double>(random.next_u64() % 2001) / 100 - 10; };
  for (int round = 0; round < 300; ++round) {
    std::vector<Place> places;
    std::vector<double> head, tail;
    for (std::uint32_t n = static_cast<std::uint32_t>(random.next_u64() % 40), at = 0; n > 0; --n) {
      const auto width = static_cast<std::uint32_t>(random.next_u64() % 3);
      places.push_back(width == 0 ? Place{} : Place{at, at + width});
      at += width;
      head.push_back(logit()), tail.push_back(logit());
    }
    std::vector<Place> wanted;
    for (std::size_t h = 0; h < places.size(); ++h) {
      for (std::size_t t = h; head[h] > 2 && !places[h].empty() && t < places.size(); ++t) {
        if (tail[t] <= 2 || places[t].empty()) continue;
        wanted.push_back({places[h].begin, places[t].end});
        break;
      }
    }
    std::vector<Place> got;
    for (const Span& span : decode_spans(head, tail, places, 2)) {
      got.push_back(span.place);
      EXPECT_TRUE(span.score > 0.5 && span.score <= 1) << span.score;
    }
    EXPECT_EQ(got, wanted);
  }
}

TEST(LabelTokens, AreThoseInside) {
  const auto seen = [](Place label) {
    const std::optional<LabelTokens> found = tokens_of_label(label, seven_places());
    return found ? std::to_string(found->first) + "-" + std::to_string(found->last) : "none";
  };
  EXPECT_EQ(seen({0, 2}), "1-2");
  EXPECT_EQ(seen({3, 4}), "4-4");
  EXPECT_EQ(seen({0, 5}), "1-5");
  EXPECT_EQ(seen({7, 9}), "none");
  EXPECT_FALSE(tokens_of_label({0, 2}, std::vector<Place>{{}, {0, 3}, {}})) << "a token that reaches beyond the label is not in it";
}

TEST(Softmax, AddsUpToOne) {
  const std::vector<double> parts = softmax(std::vector<double>{1, 1, 1001, -1e9});
  EXPECT_THAT(parts, ElementsAre(0, 0, 1, 0));
  const std::vector<double> even = softmax(std::vector<double>{-1e9, -1e9});
  EXPECT_THAT(even, ElementsAre(0.5, 0.5));
}

}  // namespace
}  // namespace gatehouse::nlu
