// nlu_pipe: one JSON object a line in, one out.
//
//   {"do":"load","vocab":PATH,"lower_case":true,"threshold":0,"prompt_base":384 or null,"window":384,"stride":352,"longest_prompt":128,
//    "event_types":[…]}                                  → {"size":…}
//   {"do":"encode","text":…,"most":128 or null}          → {"ids":[…],"places":[[begin,end],…]}
//   {"do":"extract","text","schema","labels":[…],"mode":"native"|"compat"|"multi","every_step":false,"form":0,"unit":0}
//       → {"rows":[{"kind","first","ids"}…],"slots":[[text,prompt]…]}: what to compute; rows are those that were not told before
//   {"logits":[[[head…],[tail…]],…]}                     → the next step, or at the end {"output":…,"tasks":[…]}
// What is refused is {"error":REASON,"text":…}.
#include <fstream>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/nlu/extraction.h"
#include "gatehouse/wire/json/document.h"

namespace {

using gatehouse::Error;
using gatehouse::Result;
using gatehouse::Status;
using namespace gatehouse::nlu;
namespace gw = gatehouse::wire;

std::string text_of(const gw::JsonValue& line, std::string_view key) {
  const auto found = line.find(key);
  return found && found->is_string() ? std::string(found->string()) : std::string();
}
std::optional<std::int64_t> number_of(const gw::JsonValue& line, std::string_view key) {
  const auto found = line.find(key);
  return found ? found->as_int64() : std::nullopt;
}
bool truth_of(const gw::JsonValue& line, std::string_view key) {
  const auto found = line.find(key);
  return found && found->is_bool() && found->boolean();
}
std::vector<std::string> texts_of(const gw::JsonValue& line, std::string_view key) {
  std::vector<std::string> out;
  const auto found = line.find(key);
  if (!found || !found->is_list()) return out;
  for (const gw::JsonValue& item : found->items()) out.emplace_back(item.string());
  return out;
}

class Pipe {
 public:
  std::string answer(const std::string& line) {
    const Result<gw::JsonValue> parsed = parser_.parse(line);
    if (!parsed) return refusal(parsed.error());
    const std::string what = text_of(*parsed, "do");
    if (what == "load") return load(*parsed);
    if (what == "encode") return encode(*parsed);
    return what == "extract" ? extract(*parsed) : take(*parsed);
  }

 private:
  static std::string refusal(const Error& error) {
    std::string out;
    gw::JsonWriter(out).begin_object().member("error", error.reason()).member("text", error.public_text()).end_object();
    return out;
  }

  std::string load(const gw::JsonValue& line) {
    std::ifstream file(text_of(line, "vocab"), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    Result<Vocabulary> vocabulary = Vocabulary::read(bytes, "vocab.txt");
    if (!vocabulary) return refusal(vocabulary.error());
    Recipe recipe;
    recipe.window = {static_cast<std::size_t>(number_of(line, "window").value()),
                     static_cast<std::size_t>(number_of(line, "stride").value())};
    recipe.longest_prompt = static_cast<std::size_t>(number_of(line, "longest_prompt").value());
    recipe.prompt_base = number_of(line, "prompt_base");
    recipe.threshold = line.find("threshold")->as_double().value();
    recipe.event_types = texts_of(line, "event_types");
    const auto letters = truth_of(line, "lower_case") ? Tokenizer::Letters::lower : Tokenizer::Letters::as_they_are;
    model_.emplace(Model{Tokenizer(std::move(*vocabulary), letters), std::move(recipe)});
    return "{\"size\":" + std::to_string(model_->tokenizer.vocabulary().size()) + "}";
  }

  std::string encode(const gw::JsonValue& line) const {
    const std::optional<std::int64_t> most = number_of(line, "most");
    const Tokens tokens = model_->tokenizer.encode(text_of(line, "text"), most ? static_cast<std::size_t>(*most) : Tokenizer::all);
    std::string out;
    gw::JsonWriter json(out);
    json.begin_object().key("ids").begin_list();
    for (const TokenId id : tokens.ids) json.value(id);
    json.end_list().key("places").begin_list();
    for (const Place& place : tokens.places) json.begin_list().value(place.begin).value(place.end).end_list();
    json.end_list().end_object();
    return out;
  }

  std::string extract(const gw::JsonValue& line) {
    Result<gw::NluSchema> schema = gw::read_nlu_schema(line.find("schema").value_or(gw::JsonValue()));
    if (!schema) return refusal(schema.error());
    Request request{.text = text_of(line, "text"), .schema = std::move(*schema)};
    request.labels = texts_of(line, "labels");
    if (text_of(line, "mode") == "compat") request.decoding = Decoding::compat;
    if (text_of(line, "mode") == "multi") request.decoding = Decoding::multi;
    if (truth_of(line, "every_step")) request.answers = Answers::every_step;
    request.unit = static_cast<gw::OffsetUnit>(number_of(line, "unit").value_or(0));
    form_ = static_cast<gw::NluForm>(number_of(line, "form").value_or(0));
    Result<Extraction> extraction = Extraction::begin(*model_, std::move(request));
    if (!extraction) return refusal(extraction.error());
    extraction_.emplace(std::move(*extraction));
    return step();
  }

  std::string take(const gw::JsonValue& line) {
    std::vector<std::vector<float>> values;
    for (const gw::JsonValue& slot : line.find("logits")->items()) {
      for (const gw::JsonValue& side : slot.items()) {
        std::vector<float>& row = values.emplace_back();
        for (const gw::JsonValue& value : side.items()) row.push_back(static_cast<float>(value.as_double().value()));
      }
    }
    std::vector<Logits> logits;
    for (std::size_t i = 0; i + 1 < values.size(); i += 2) logits.push_back({values[i], values[i + 1]});
    const Status taken = extraction_->take(logits);
    return taken ? step() : refusal(taken.error());
  }

  std::string step() const {
    if (extraction_->done()) return output();
    std::string out;
    gw::JsonWriter json(out);
    json.begin_object().key("rows").begin_list();
    for (std::size_t i = extraction_->fresh_rows(); i < extraction_->rows().size(); ++i) {
      const Row& row = extraction_->rows()[i];
      json.begin_object().member("kind", static_cast<int>(row.kind)).member("first", row.first_position).key("ids").begin_list();
      for (const TokenId id : row.ids) json.value(id);
      json.end_list().end_object();
    }
    json.end_list().key("slots").begin_list();
    for (const Slot& slot : extraction_->slots()) json.begin_list().value(slot.text).value(slot.prompt).end_list();
    json.end_list().end_object();
    return out;
  }

  std::string output() const {
    const Result<std::vector<gw::NluPath>> paths = extraction_->answer();
    if (!paths) return refusal(paths.error());
    std::string out;
    gw::JsonWriter json(out);
    json.begin_object().key("output");
    gw::write_nlu_output(json, *paths, form_, gw::NluScores::shown);
    json.key("tasks").begin_list();
    for (const Task task : extraction_->tasks()) json.value(to_string(task));
    json.end_list().end_object();
    return out;
  }

  gw::JsonParser parser_;
  std::optional<Model> model_;
  std::optional<Extraction> extraction_;
  gw::NluForm form_ = gw::NluForm::paths;
};

}  // namespace

int main() {
  Pipe pipe;
  for (std::string line; std::getline(std::cin, line);) std::cout << pipe.answer(line) << '\n' << std::flush;
  return 0;
}
