// Bytes that claim to be a schema and, behind a line break, a text with any labels in front: either is refused with a reason, or the
// request comes to an end whatever the model says, within its limits, and what was found stands in the text.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/nlu/extraction.h"
#include "gatehouse/wire/json/document.h"

namespace {

using namespace gatehouse::nlu;
namespace gw = gatehouse::wire;
using gatehouse::Result;

void require(bool holds) {
  if (!holds) std::abort();
}

const Model& model() {
  static const Model one = [] {
    std::string lines = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n";
    for (char c = '!'; c < 127; ++c) lines.append(1, c).append("\n##").append(1, c).append("\n");
    Recipe recipe;
    recipe.window = {.size = 24, .stride = 20};
    recipe.longest_prompt = 16;
    return Model{Tokenizer(Vocabulary::read(lines + "人\n物\n情\n感\n分\n类\n正\n负\n向\n", "vocab").value(), Tokenizer::Letters::lower),
                 recipe};
  }();
  return one;
}

// A model that answers by the bytes of the input.
class AnyModel {
 public:
  explicit AnyModel(std::string_view bytes) : bytes_(bytes) {}

  gatehouse::Status run(Extraction& extraction) {
    while (!extraction.done()) {
      std::vector<std::vector<float>> values;
      for (const Slot& slot : extraction.slots()) {
        for (int side = 0; side < 2; ++side) {
          std::vector<float>& row = values.emplace_back(extraction.rows()[slot.text].ids.size());
          for (float& value : row) value = next();
        }
      }
      std::vector<Logits> logits;
      for (std::size_t i = 0; i < values.size(); i += 2) logits.push_back({values[i], values[i + 1]});
      if (auto taken = extraction.take(logits); !taken) return taken;
    }
    return gatehouse::ok();
  }

 private:
  float next() {
    state_ = state_ * 31 + (bytes_.empty() ? 0 : static_cast<std::uint8_t>(bytes_[at_++ % bytes_.size()]));
    return static_cast<float>(state_ % 64) / 8 - 5;
  }
  std::string_view bytes_;
  std::size_t at_ = 0;
  std::uint32_t state_ = 7;
};

void check_schema(const gw::NluSchema& schema) {
  std::string json;
  gw::JsonWriter writer(json);
  gw::write_nlu_schema(writer, schema);
  gw::JsonParser parser;
  const Result<gw::NluSchema> again = gw::read_nlu_schema(parser.parse(json).value());
  require(again.ok() && *again == schema);
}

void check_tokens(std::string_view bytes) {
  const Text text{std::string(bytes)};
  const Tokens tokens = model().tokenizer.encode(bytes);
  std::uint32_t end = 0;
  for (std::size_t i = 1; i + 1 < tokens.size(); ++i) {
    require(tokens.places[i].begin >= end && tokens.places[i].end > tokens.places[i].begin);
    end = tokens.places[i].end;
  }
  require(end <= text.size());
}

void check_answer(const std::string& sent, const std::vector<gw::NluPath>& paths) {
  const Text text(sent);
  for (const gw::NluPath& path : paths) {
    for (const gw::NluStep& step : path) {
      if (step.offset) require(text.slice({step.offset->start, step.offset->end}) == step.span);
    }
  }
  for (const auto form : {gw::NluForm::paths, gw::NluForm::grouped, gw::NluForm::tree, gw::NluForm::flat}) {
    std::string json;
    gw::JsonWriter writer(json);
    gw::write_nlu_output(writer, paths, form, gw::NluScores::shown);
    require(gw::JsonParser({.depth = 256}).parse(json).ok());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = std::min(bytes.find('\n'), size);
  const std::string sent(bytes.substr(std::min(cut + 1, size)));
  check_tokens(sent);
  gw::JsonParser parser;
  const Result<gw::JsonValue> json = parser.parse(bytes.substr(0, cut));
  if (!json) return 0;
  Result<gw::NluSchema> schema = gw::read_nlu_schema(*json);
  if (!schema) return require(!schema.error().faults().empty()), 0;
  check_schema(*schema);
  Request request{.text = sent, .schema = std::move(*schema)};
  if (size % 3 == 0) request.decoding = Decoding::compat;
  Result<Extraction> extraction = Extraction::begin(model(), std::move(request), {.slots = 200, .asked = 300, .found = 300});
  if (!extraction) return 0;
  if (const auto ran = AnyModel(sent).run(*extraction); !ran) return require(ran.error().reason() == "nlu_too_much"), 0;
  check_answer(sent, extraction->answer().value());
  return 0;
}
