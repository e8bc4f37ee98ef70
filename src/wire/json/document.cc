#include "gatehouse/wire/json/document.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "echo.h"
#include "gatehouse/wire/json/writer.h"
#include "locate.h"

namespace gatehouse::wire {
namespace {

constexpr std::size_t first_capacity = 32 * 1024;
// A parser that has seen a larger document gives its buffers back: they are several times as large as the document.
constexpr std::size_t keep_capacity = 256 * 1024;

Error fault_error(JsonFault fault, std::size_t offset, std::size_t max_depth) {
  const std::string where = " at byte " + std::to_string(offset);
  switch (fault) {
    case JsonFault::depth:
      return caller_error("json_too_deep", "JSON is nested deeper than " + std::to_string(max_depth) + " levels" + where);
    case JsonFault::number_range:
      return caller_error("json_invalid", "JSON holds a number that is out of range" + where);
    default:
      return caller_error("json_invalid", "Not valid JSON: error" + where);
  }
}

Error too_large(std::string text) { return Error(Code::too_large, Origin::caller, "json_too_large", std::move(text)); }

std::string quoted_name(std::string_view key) {
  const std::string_view shown = shorten(key);
  return '"' + std::string(shown) + (shown.size() < key.size() ? "…" : "") + '"';
}

// One walk over the tape: depth, number of values, duplicate keys. Memory: the keys of one object at a time.
class TapeWalk {
 public:
  TapeWalk(const std::uint64_t* tape, const std::uint8_t* strings) : tape_(tape), strings_(strings) {}

  void run() {
    const auto end = static_cast<std::uint32_t>(tape_[0]);
    std::size_t depth = 0;
    for (std::size_t i = 1; i + 1 < end; ++i) {
      switch (tape_[i] >> 56) {
        case '{':
          check_keys(i);
          [[fallthrough]];
        case '[':
          facts_.depth = std::max(facts_.depth, ++depth);
          ++facts_.values;
          break;
        case '}':
        case ']':
          --depth;
          break;
        case 'l':
        case 'u':
        case 'd':
          ++i;
          ++facts_.values;
          break;
        default:
          ++facts_.values;
      }
      if (duplicate_ != 0) return;
    }
    facts_.values -= keys_seen_;
  }

  const JsonFacts& facts() const { return facts_; }
  // The tape index of a key that its object already has; 0 when none.
  std::size_t duplicate() const { return duplicate_; }
  std::string_view key_at(std::size_t index) const { return JsonValue(tape_, strings_, index).string(); }

  // How many strings and keys stand before that index.
  std::size_t strings_before(std::size_t index) const {
    std::size_t n = 0;
    for (std::size_t i = 1; i < index; ++i) {
      const auto kind = tape_[i] >> 56;
      if (kind == '"') ++n;
      if (kind == 'l' || kind == 'u' || kind == 'd') ++i;
    }
    return n;
  }

 private:
  struct Key {
    std::string_view text;
    std::size_t index;
    friend bool operator<(const Key& a, const Key& b) { return a.text != b.text ? a.text < b.text : a.index < b.index; }
  };

  void check_keys(std::size_t object) {
    keys_.clear();
    const JsonValue::Members members = JsonValue(tape_, strings_, object).members();
    for (auto it = members.begin(); it != members.end(); ++it) keys_.push_back({(*it).key, it.tape_index()});
    keys_seen_ += keys_.size();
    constexpr std::size_t few = 8;
    if (keys_.size() > few) return check_many();
    for (std::size_t i = 1; i < keys_.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (keys_[i].text == keys_[j].text) return static_cast<void>(duplicate_ = keys_[i].index);
      }
    }
  }
  void check_many() {
    std::sort(keys_.begin(), keys_.end());
    const auto same = std::adjacent_find(keys_.begin(), keys_.end(), [](const Key& a, const Key& b) { return a.text == b.text; });
    if (same != keys_.end()) duplicate_ = std::next(same)->index;
  }

  const std::uint64_t* tape_;
  const std::uint8_t* strings_;
  JsonFacts facts_;
  std::vector<Key> keys_;
  std::size_t keys_seen_ = 0;
  std::size_t duplicate_ = 0;
};

}  // namespace

struct JsonParser::State {
  explicit State(JsonLimits limits_) : limits(limits_) {}

  JsonLimits limits;
  simdjson::dom::parser parser;
  std::vector<char> padded;  // simdjson reads up to SIMDJSON_PADDING bytes beyond the end
  std::size_t capacity = 0;
  JsonFacts facts;
  std::size_t offset = 0;

  bool reserve(std::size_t bytes);
  void release();
  Result<JsonValue> parse(std::string_view bytes);
  Error refuse(std::string_view bytes);
};

bool JsonParser::State::reserve(std::size_t bytes) {
  if (bytes <= capacity) return true;
  const std::size_t wanted = std::max({bytes, first_capacity, std::min(2 * capacity, keep_capacity)});
  release();
  capacity = wanted;
  padded.resize(capacity + simdjson::SIMDJSON_PADDING);
  // One more than ours: simdjson counts neither quite the root nor empty containers; the walk has the last word.
  return parser.allocate(capacity, limits.depth + 1) == simdjson::SUCCESS;
}

void JsonParser::State::release() {
  parser = simdjson::dom::parser();
  padded = std::vector<char>();
  capacity = 0;
}

Error JsonParser::State::refuse(std::string_view bytes) {
  const LocatedFault located = locate_fault(bytes, limits.depth);
  offset = located.offset;
  return fault_error(located.fault, located.offset, limits.depth);
}

Result<JsonValue> JsonParser::State::parse(std::string_view bytes) {
  offset = 0;
  facts = {};
  if (bytes.size() > limits.bytes) return too_large("JSON is longer than " + std::to_string(limits.bytes) + " bytes");
  if (!reserve(bytes.size())) {
    release();
    return internal_error("out_of_memory", "JSON parser buffers");
  }
  if (bytes.empty()) return refuse(bytes);
  std::memcpy(padded.data(), bytes.data(), bytes.size());
  std::memset(padded.data() + bytes.size(), ' ', simdjson::SIMDJSON_PADDING);
  if (parser.parse(padded.data(), bytes.size(), false).error() != simdjson::SUCCESS) return refuse(bytes);

  TapeWalk walk(parser.doc.tape.get(), parser.doc.string_buf.get());
  walk.run();
  if (walk.facts().depth > limits.depth) return refuse(bytes);
  if (walk.duplicate() != 0) {
    offset = offset_of_string(bytes, walk.strings_before(walk.duplicate()));
    return caller_error("json_duplicate_key", "The key " + quoted_name(walk.key_at(walk.duplicate())) +
                                                  " occurs twice in one object, again at byte " + std::to_string(offset));
  }
  if (walk.facts().values > limits.values) return too_large("JSON holds more than " + std::to_string(limits.values) + " values");
  facts = walk.facts();
  return JsonValue(parser.doc.tape.get(), parser.doc.string_buf.get(), 1);
}

JsonParser::JsonParser(JsonLimits limits) : state_(std::make_unique<State>(limits)) {}
JsonParser::~JsonParser() = default;
JsonParser::JsonParser(JsonParser&&) noexcept = default;
JsonParser& JsonParser::operator=(JsonParser&&) noexcept = default;

Result<JsonValue> JsonParser::parse(std::string_view bytes) { return state_->parse(bytes); }
void JsonParser::settle() {
  if (state_->capacity > keep_capacity) state_->release();
}
const JsonFacts& JsonParser::facts() const { return state_->facts; }
std::size_t JsonParser::fault_offset() const { return state_->offset; }

JsonCheck json_check(std::string_view bytes) {
  JsonParser parser;
  const Result<JsonValue> root = parser.parse(bytes);
  JsonCheck check{.ok = root.ok(), .line = {}};
  JsonWriter w(check.line);
  w.begin_object();
  if (root.ok()) {
    w.member("ok", true).member("depth", parser.facts().depth).member("values", parser.facts().values);
  } else {
    w.member("error", root.error().reason()).member("offset", parser.fault_offset()).member("message", root.error().public_text());
  }
  w.end_object();
  return check;
}

}  // namespace gatehouse::wire
