#include "gatehouse/nlu/labels.h"

#include <optional>
#include <utility>

#include "code_point.h"

namespace gatehouse::nlu {
namespace {

constexpr std::size_t fewest_labels = 2, most_labels = 256, longest_label = 64;
constexpr char32_t wide_comma = U'，', wide_bar = U'｜';

bool separates(char32_t c) { return c == ',' || c == wide_comma; }
bool ends(char32_t c) { return c == '|' || c == wide_bar; }

std::optional<std::string> label_fault(std::string_view label) {
  if (label.empty()) return "is empty";
  if (wire::code_points(label) > longest_label) return "is too long";
  while (!label.empty()) {
    const CodePoint next = first_code_point(label);
    if (separates(next.value) || ends(next.value)) return "holds a mark that ends a label";
    if (next.value < 0x20 || next.value == 0x7F) return "holds a control character";
    label.remove_prefix(next.bytes);
  }
  return std::nullopt;
}

}  // namespace

FrontLabels labels_in_front(std::string_view text) {
  FrontLabels found;
  std::uint32_t begin = 0;
  for (std::uint32_t at = 0; !text.empty(); ++at) {
    const CodePoint next = first_code_point(text);
    text.remove_prefix(next.bytes);
    if (next.value == '\n') return {};
    if (!separates(next.value) && !ends(next.value)) continue;
    if (at == begin) return {};
    found.labels.push_back({begin, at});
    begin = at + 1;
    if (!ends(next.value)) continue;
    found.body = begin;
    return found.labels.size() < fewest_labels ? FrontLabels{} : found;
  }
  return {};
}

Status check_labels(std::span<const std::string> labels) {
  std::vector<FieldFault> faults;
  if (labels.size() < fewest_labels || labels.size() > most_labels) {
    faults.emplace_back("/labels", labels.size() < fewest_labels ? "are too few" : "are too many", "2 to 256 labels");
  }
  for (std::size_t i = 0; i < labels.size() && faults.size() < fewest_labels + longest_label; ++i) {
    if (auto fault = label_fault(labels[i])) {
      faults.emplace_back("/labels/" + std::to_string(i), *std::move(fault), "1 to 64 characters without \",\", \"|\" and line breaks");
    }
  }
  if (faults.empty()) return ok();
  std::string text = "labels cannot be chosen from: " + faults.front().path.substr(1) + " " + faults.front().message;
  return caller_error("invalid_value", std::move(text)).with_param("labels").with_faults(std::move(faults));
}

std::string with_labels(std::span<const std::string> labels, std::string_view text) {
  std::string out;
  for (const std::string& label : labels) out.append(out.empty() ? "" : ",").append(label);
  return out.append("|").append(text);
}

}  // namespace gatehouse::nlu
