// nlu/labels.h — what a text may be taken for: labels that stand in front of it (`a,b|…`), or those that a request brings.
// Rules    "，" and "｜" are taken as well; two labels at least, none empty, all on one line
// Limits   of labels that a request brings: 2 to 256, each 1 to 64 code points
// Threads  pure functions
// Errors   invalid_value with a fault at each label, /labels/2
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/nlu/text.h"

namespace gatehouse::nlu {

struct FrontLabels {
  std::vector<Place> labels;  // none: nothing stands in front
  std::uint32_t body = 0;     // where the text proper begins
};
FrontLabels labels_in_front(std::string_view text);

Status check_labels(std::span<const std::string> labels);
// The text with these labels in front: "a,b|text".
std::string with_labels(std::span<const std::string> labels, std::string_view text);

}  // namespace gatehouse::nlu
