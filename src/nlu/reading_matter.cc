#include "reading_matter.h"

#include <algorithm>
#include <utility>

#include "gatehouse/base/assert.h"
#include "gatehouse/nlu/labels.h"

namespace gatehouse::nlu {
namespace {

// So many stretches of one text, at most: labels that nearly fill each of them would make as many as there are tokens.
constexpr std::size_t most_parts = 1024;

// The tokens of labels and their marks, [CLS] included.
std::size_t tokens_in_front(const Tokens& tokens, std::uint32_t body) {
  const auto in_body = [body](const Place& place) { return !place.empty() && place.end > body; };
  return static_cast<std::size_t>(std::ranges::find_if(tokens.places, in_body) - tokens.places.begin());
}

Error labels_too_long() {
  return Error(Code::too_large, Origin::caller, "nlu_too_much", "The labels are so long that no text can be read beside them")
      .with_param("labels");
}

}  // namespace

ReadingMatter matter_to_search(const Model& model, std::string text) {
  ReadingMatter matter(std::move(text));
  Tokens tokens = model.tokenizer.encode(matter.text.bytes());
  matter.windows = windows(tokens.size(), model.recipe.window);
  for (const Window& window : matter.windows) {
    const auto first = tokens.ids.begin() + static_cast<std::ptrdiff_t>(window.first);
    matter.parts.emplace_back(first, first + static_cast<std::ptrdiff_t>(window.size));
  }
  matter.places = std::move(tokens.places);
  return matter;
}

Result<ReadingMatter> matter_to_choose(const Model& model, std::string text, std::uint32_t added) {
  ReadingMatter matter(std::move(text));
  FrontLabels front = labels_in_front(matter.text.bytes());
  GH_ASSERT(!front.labels.empty());
  matter.added = added;
  matter.labels = std::move(front.labels);
  Tokens tokens = model.tokenizer.encode(matter.text.bytes());
  const WindowRule rule = model.recipe.window;
  const std::size_t overlap = rule.size - rule.stride;
  const std::size_t head = std::min(tokens_in_front(tokens, front.body), tokens.size() - 1);
  if (head + 1 + overlap >= rule.size) return labels_too_long();
  const std::size_t room = rule.size - head - 1, body = tokens.size() - 1 - head;
  if (body > room + most_parts * (room - overlap)) return labels_too_long();
  for (std::size_t at = 0;; at += room - overlap) {
    const std::size_t taken = std::min(room, body - at);
    std::vector<TokenId>& part = matter.parts.emplace_back(tokens.ids.begin(), tokens.ids.begin() + static_cast<std::ptrdiff_t>(head));
    const auto first = tokens.ids.begin() + static_cast<std::ptrdiff_t>(head + at);
    part.insert(part.end(), first, first + static_cast<std::ptrdiff_t>(taken));
    part.push_back(tokens.ids.back());
    if (at + room >= body) break;
  }
  matter.places = std::move(tokens.places);
  matter.places.resize(matter.parts.front().size() - 1);
  matter.places.emplace_back();
  for (const Place& label : matter.labels) matter.label_tokens.push_back(tokens_of_label(label, matter.places));
  return matter;
}

}  // namespace gatehouse::nlu
