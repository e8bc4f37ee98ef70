// nlu/extraction.h — one request on its way from a text and a schema to what was found: says which rows the model must compute next, and
// takes their logits, level by level of the schema, until nothing is left to ask.
//
//   GH_TRY(Extraction extraction, Extraction::begin(model, std::move(request)));
//   while (!extraction.done()) GH_CHECK(extraction.take(compute(extraction.rows(), extraction.slots())));
//   GH_TRY(const std::vector<wire::NluPath> paths, extraction.answer());
//
// Rules    each text is a row once, however deep the schema is, and so is each prompt; what is asked twice is computed once
// Limits   20 000 code points of text; how much work a schema may make of it: Limits
// Threads  belongs to one thread at a time; the model outlives it
// Errors   text_empty, invalid_value (labels) → invalid_argument; text_too_long, nlu_too_much → too_large; all origin caller.
//          nlu_logits_invalid → internal: logits that are no numbers, or not as many as there are tokens
// Source   tools/uninlu/reference.py
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/nlu/lexicon.h"
#include "gatehouse/nlu/recipe.h"
#include "gatehouse/nlu/tasks.h"
#include "gatehouse/wire/nlu/answer.h"
#include "gatehouse/wire/nlu/schema.h"

namespace gatehouse::nlu {

// native: of labels the one with the best score wins. multi: so does each that the model points at; the best one, where that is none.
// compat: labels are found as spans are, so there may be none or several.
enum class Decoding : std::uint8_t { native, compat, multi };
// Whether what was found above a leaf is an answer of its own, too.
enum class Answers : std::uint8_t { leaves, every_step };

struct Request {
  std::string text;
  wire::NluSchema schema;
  std::vector<std::string> labels = {};  // to choose from; none: those in front of the text, where there are some
  Decoding decoding = Decoding::native;
  Answers answers = Answers::leaves;
  wire::OffsetUnit unit = wire::OffsetUnit::codepoint;
  // Whose names are found where a key at the root is their type; what the model finds inside of one gives way to it.
  std::shared_ptr<const Lexicon> lexicon = {};
};

struct Limits {
  std::size_t slots = 8192;   // rows of the upper graph, in all
  std::size_t asked = 8192;   // keys, at each find above them
  std::size_t found = 20000;  // finds
  std::size_t answer_bytes = 8UL * 1024 * 1024;
};

// A row of the lower graph: a text or a prompt by itself. Its mask is 1 throughout.
struct Row {
  enum class Kind : std::uint8_t { text, prompt };  // the token type, too
  Kind kind = Kind::text;
  std::uint32_t first_position = 0;  // the others follow
  std::vector<TokenId> ids;
  friend auto operator<=>(const Row&, const Row&) = default;
};

// A row of the upper graph: a text with a prompt, by their rows. Its logits are as many as the text has tokens.
struct Slot {
  std::uint32_t text = 0, prompt = 0;
  friend auto operator<=>(const Slot&, const Slot&) = default;
};

class Extraction {
 public:
  static Result<Extraction> begin(const Model& model, Request request, Limits limits = {});
  ~Extraction();
  Extraction(Extraction&&) noexcept;
  Extraction& operator=(Extraction&&) noexcept;

  // All rows so far, each once; those before fresh_rows() were there at the step before.
  const std::vector<Row>& rows() const;
  std::size_t fresh_rows() const;
  // Of this step; none: it is done.
  std::span<const Slot> slots() const;
  bool done() const { return slots().empty(); }

  // Logits of the slots, in their order.
  Status take(std::span<const Logits> logits);

  // Once it is done: in the order of the schema, depth first.
  Result<std::vector<wire::NluPath>> answer() const;
  // What each label is worth, in their order, for a key at the root that chooses; they add up to 1. Empty where it does not.
  std::span<const double> chances(std::size_t key) const;
  std::vector<Task> tasks() const;

 private:
  struct State;
  explicit Extraction(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace gatehouse::nlu
