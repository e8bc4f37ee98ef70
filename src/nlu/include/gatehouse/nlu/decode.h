// nlu/decode.h — from logits to spans and labels, and how a long text is cut for a model that reads only so much at once.
// Units    logits as the model gives them, one a token; scores 0 to 1
// Threads  pure functions
// Source   tools/uninlu/decode.py
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "gatehouse/nlu/text.h"

namespace gatehouse::nlu {

// Tokens [first, first + size) of a text.
struct Window {
  std::size_t first = 0, size = 0;
  friend auto operator<=>(const Window&, const Window&) = default;
};
struct WindowRule {
  std::size_t size = 384, stride = 352;  // neighbours share the difference
};
std::vector<Window> windows(std::size_t tokens, WindowRule rule);

// One row of the model's answer, or what was put together of several.
struct Logits {
  std::span<const float> head, tail;  // as long as each other
};

// The logits of all tokens: where windows meet, the mean. windows cover the tokens; each part is as long as its window.
std::vector<double> merged(std::span<const std::span<const float>> parts, std::span<const Window> windows, std::size_t tokens);

struct Span {
  Place place;
  double score = 0;
  wire::NluSource source = wire::NluSource::model;
  friend auto operator<=>(const Span&, const Span&) = default;
};

// Each token whose head is over the threshold, with the nearest one from there on whose tail is; by place. Tokens without a place never
// count.
std::vector<Span> decode_spans(std::span<const double> head, std::span<const double> tail, std::span<const Place> places, double threshold);

// The first and the last of the tokens that lie in a label; nothing where none does.
struct LabelTokens {
  std::size_t first = 0, last = 0;
};
std::optional<LabelTokens> tokens_of_label(Place label, std::span<const Place> places);

// What each score is worth among all: they add up to 1. Not empty.
std::vector<double> softmax(std::span<const double> scores);
double sigmoid(double logit);

}  // namespace gatehouse::nlu
