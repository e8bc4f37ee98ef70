#include "gatehouse/nlu/foreign_labels.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "gatehouse/base/words.h"
#include "gatehouse/nlu/labels.h"

namespace gatehouse::nlu {
namespace {

constexpr std::string_view one_of = "[CLASSIFY]", some_of = "[MULTICLASSIFY]", answered_key = "分类";
constexpr std::string_view narrow_mark = ",", wide_mark = "，";

Status at_schema(const Error& labels) {
  std::vector<FieldFault> faults;
  for (const FieldFault& fault : labels.faults()) faults.emplace_back("/schema", "has labels of which " + fault.message, fault.expected);
  return caller_error("invalid_value", labels.public_text()).with_param("schema").with_faults(std::move(faults));
}

Status take_labels(Request& request, std::vector<std::string> labels) {
  if (const Status checked = check_labels(labels); !checked) return at_schema(checked.error());
  request.labels = std::move(labels);
  return ok();
}

// "正向，负向"
std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t wide = text.find(wide_mark), narrow = text.find(narrow_mark);
    const std::size_t end = std::min(wide, narrow);
    parts.emplace_back(trimmed(text.substr(0, end)));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + (end == wide ? wide_mark : narrow_mark).size());
  }
}

Status take_key_with_labels(Request& request, wire::NluKey& key) {
  const std::string_view name = key.name;
  const std::size_t open = name.find('[');
  if (open == 0 || open == std::string_view::npos || !name.ends_with(']')) return ok();
  std::vector<std::string> labels = split(name.substr(open + 1, name.size() - open - 2));
  // Else these are brackets in a name.
  if (labels.size() < 2 || std::ranges::find(labels, "") != labels.end() || trimmed(name.substr(0, open)).empty()) return ok();
  key.name.resize(open);
  return take_labels(request, std::move(labels));
}

Status take_keys_as_labels(Request& request, std::string_view prefix, Decoding decoding) {
  std::vector<wire::NluKey>& keys = request.schema.keys;
  if (!std::ranges::all_of(keys, &wire::NluKey::leaf)) {
    constexpr std::string_view expected = "an object of labels, each with null";
    return caller_error("invalid_value", "Labels behind " + std::string(prefix) + " can have nothing below them")
        .with_param("schema")
        .with_faults({FieldFault("/schema", "has something below a label", std::string(expected))});
  }
  std::vector<std::string> labels;
  for (wire::NluKey& key : keys) labels.push_back(std::move(key.name));
  keys.resize(1);
  keys.front().name = answered_key;
  request.text.erase(0, prefix.size());
  if (request.decoding == Decoding::native) request.decoding = decoding;
  return take_labels(request, std::move(labels));
}

}  // namespace

Status read_foreign_labels(Request& request) {
  if (!request.labels.empty()) return ok();
  if (request.text.starts_with(one_of)) return take_keys_as_labels(request, one_of, Decoding::native);
  if (request.text.starts_with(some_of)) return take_keys_as_labels(request, some_of, Decoding::multi);
  std::vector<wire::NluKey>& keys = request.schema.keys;
  return keys.size() == 1 && keys.front().leaf() ? take_key_with_labels(request, keys.front()) : ok();
}

}  // namespace gatehouse::nlu
