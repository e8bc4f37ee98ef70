// A text as the model is to read it: its tokens, the windows they are cut into, and the labels where one of them is to be chosen.
// Threads  value type
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/nlu/recipe.h"

namespace gatehouse::nlu {

struct ReadingMatter {
  explicit ReadingMatter(std::string bytes) : text(std::move(bytes)) {}

  Text text;                                             // with labels in front, where they are to be seen
  std::uint32_t added = 0;                               // code points at its beginning that nobody sent
  std::vector<Place> places;                             // of its tokens; where labels are repeated, of the first window's
  std::vector<Window> windows;                           // empty where labels are repeated: the windows then are no stretches of one text
  std::vector<std::vector<TokenId>> parts;               // what stands in each window
  std::vector<Place> labels;                             // to choose from; none: spans are to be found
  std::vector<std::optional<LabelTokens>> label_tokens;  // in each part at the same tokens; nothing: the vocabulary knows none of it
};

// To find spans in.
ReadingMatter matter_to_search(const Model& model, std::string text);
// To choose a label from: labels_in_front finds some. Every window begins with all labels. nlu_too_much: they leave no room for text.
Result<ReadingMatter> matter_to_choose(const Model& model, std::string text, std::uint32_t added);

}  // namespace gatehouse::nlu
