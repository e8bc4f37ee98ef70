#include "gatehouse/wire/json/fields.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "echo.h"
#include "gatehouse/base/assert.h"

namespace gatehouse::wire {
namespace {

void append_step(std::string& out, std::string_view key) {
  out.push_back('/');
  for (const char c : shorten(key)) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out.push_back(c);
    }
  }
}

// Levenshtein, on the first bytes.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::array<std::size_t, longest_echo + 1> row{};
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
    }
  }
  return row[b.size()];
}

std::string_view nearest(std::string_view name, std::span<const Field> fields) {
  std::string_view best;
  std::size_t least = std::numeric_limits<std::size_t>::max();
  for (const Field& f : fields) {
    const std::size_t distance = edit_distance(shorten(name), shorten(f.name));
    if (distance < least) least = distance, best = f.name;
  }
  return best;
}

std::size_t find_field(std::string_view name, std::span<const Field> fields) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].name == name) return i;
  }
  return fields.size();
}

}  // namespace

std::string Reading::pointer() const {
  std::vector<const PathStep*> steps;
  for (const PathStep* step = path_; step != nullptr; step = step->up_) steps.push_back(step);
  std::string out;
  for (auto it = steps.rbegin(); it != steps.rend(); ++it) {
    append_step(out, (*it)->key_.data() != nullptr ? (*it)->key_ : std::string_view(std::to_string((*it)->index_)));
  }
  return out;
}

void Reading::add(std::string path, std::string message, std::string expected) {
  if (!full()) faults_.emplace_back(std::move(path), std::move(message), std::move(expected));
}

void Reading::fault(std::string message, std::string expected) {
  only_unknown_ = false;
  add(pointer(), std::move(message), std::move(expected));
}

void Reading::fault_at(std::string_view member, std::string message, std::string expected) {
  const PathStep step(*this, member);
  fault(std::move(message), std::move(expected));
}

void Reading::unknown_member(std::string_view member, std::string_view near) {
  const PathStep step(*this, member);
  add(pointer(), "is not a known field", "the nearest known field is '" + std::string(near) + "'");
}

std::string dotted_path(std::string_view pointer) {
  std::string out;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const std::size_t end = std::min(pointer.find('/'), pointer.size());
    std::string_view step = pointer.substr(0, end);
    pointer.remove_prefix(end);
    const bool index = !step.empty() && step.find_first_not_of("0123456789") == std::string_view::npos;
    if (index && !out.empty()) {
      out.append("[").append(step).append("]");
      continue;
    }
    if (!out.empty()) out.push_back('.');
    for (; !step.empty(); step.remove_prefix(1)) {
      const bool escaped = step.starts_with("~0") || step.starts_with("~1");
      out.push_back(!escaped ? step[0] : step[1] == '0' ? '~' : '/');
      if (escaped) step.remove_prefix(1);
    }
  }
  return out;
}

Error Reading::error() && {
  GH_ASSERT(!faults_.empty());
  std::string text;
  for (const FieldFault& f : faults_) {
    if (!text.empty()) text += "; ";
    const std::string where = dotted_path(f.path);
    text += where.empty() ? "the body" : where;
    text += ' ';
    text += f.message;
    if (!f.expected.empty()) text += " (" + (f.expected.starts_with("the nearest") ? f.expected : "expected " + f.expected) + ")";
  }
  std::string param = dotted_path(faults_.front().path);
  return caller_error(only_unknown_ ? "unsupported_parameter" : "invalid_value", std::move(text))
      .with_param(std::move(param))
      .with_faults(std::move(faults_));
}

void read_object(const JsonValue& value, void* owner, std::span<const Field> fields, Reading& reading) {
  GH_ASSERT(fields.size() <= 64);
  if (!value.is_object()) return reading.fault("is " + std::string(describe_kind(value.kind())), "an object");
  std::uint64_t present = 0;
  for (const JsonMember member : value.members()) {
    if (reading.full()) return;
    const std::size_t i = find_field(member.key, fields);
    if (i == fields.size()) {
      reading.unknown_member(member.key, nearest(member.key, fields));
      continue;
    }
    const Field& f = fields[i];
    if (member.value.is_null() && f.rules.nullable) continue;
    present |= std::uint64_t{1} << i;
    const PathStep step(reading, member.key);
    f.read(member.value, owner, f.rules, reading);
  }
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const bool missing = fields[i].must_be_there && (present >> i & 1) == 0;
    if (missing) reading.fault_at(fields[i].name, "is missing", std::string(fields[i].doc));
  }
}

void write_object_schema(JsonWriter& w, std::span<const Field> fields, bool nullable) {
  if (nullable) {
    w.key("type").begin_list().value("object").value("null").end_list();
  } else {
    w.member("type", "object");
  }
  w.key("properties").begin_object();
  for (const Field& f : fields) {
    w.key(f.name).begin_object();
    f.schema(w, f.rules);
    if (!f.default_json.empty()) w.member_raw("default", f.default_json);
    if (!f.doc.empty()) w.member("description", f.doc);
    w.end_object();
  }
  w.end_object();
  if (std::any_of(fields.begin(), fields.end(), [](const Field& f) { return f.must_be_there; })) {
    w.key("required").begin_list();
    for (const Field& f : fields) {
      if (f.must_be_there) w.value(f.name);
    }
    w.end_list();
  }
  w.member("additionalProperties", false);
}

}  // namespace gatehouse::wire
