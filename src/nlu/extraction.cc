#include "gatehouse/nlu/extraction.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "gatehouse/base/assert.h"
#include "gatehouse/nlu/labels.h"
#include "gatehouse/wire/json/utf8.h"
#include "reading_matter.h"
#include "row_book.h"

namespace gatehouse::nlu {
namespace {

constexpr std::uint32_t longest_text = 20000;
// Of a prompt only the first tokens are read, and what stands behind this is not among them.
constexpr std::size_t most_prompt_bytes = 16UL * 1024;
// What each end of a label is worth that the vocabulary knows nothing of.
constexpr double hopeless = -5e8;
// What a step of an answer takes beside its words.
constexpr std::size_t step_bytes = 64;

Error too_much(std::string_view what) {
  return Error(Code::too_large, Origin::caller, "nlu_too_much",
               "The schema makes too much of this text: " + std::string(what) + ". Send less text, or fewer keys")
      .with_param("schema");
}

const std::vector<std::string>& sentiment_labels() {
  static const std::vector<std::string> labels = {"正向", "负向"};
  return labels;
}

std::uint32_t code_points_of(std::string_view text) { return static_cast<std::uint32_t>(wire::code_points(text)); }

enum class Way : std::uint8_t { search, choose };

// Logits of a label's first token as a head and of its last one as a tail.
struct LabelEnds {
  double head = hopeless, tail = hopeless;
};

// What is put to the model once, at however many places of the schema it is asked.
struct Question {
  Way way = Way::search;
  std::size_t first_slot = 0, slots = 0;  // of its step
  std::vector<Span> found = {};
  std::vector<double> chances = {};  // of labels, where one was chosen
};

// A key of the schema, asked once for each find above it.
struct Ask {
  const wire::NluKey* key = nullptr;
  std::size_t question = 0;
  std::optional<std::size_t> above = {};  // the ask that found what this one is about,
  std::size_t find = 0;                   // and which of its finds that is
  std::size_t first_below = 0;            // for each find, one ask a key below
};

}  // namespace

struct Extraction::State {
  State(const Model& model_, Request request_, Limits limits_)
      : model(&model_), request(std::move(request_)), limits(limits_), sent(request.text), front(labels_in_front(sent.bytes())) {}

  Status open();
  Status take(std::span<const Logits> logits);
  Result<std::vector<wire::NluPath>> answer() const;
  Labelled labelled() const { return request.labels.empty() && front.labels.empty() ? Labelled::no : Labelled::yes; }

  Way way_of(const wire::NluKey& key) const;
  Status prepare(Way way);
  Status ask(Ask ask, Way way);
  Result<std::size_t> question(Way way, const std::string& prompt);
  std::string prompt_of(const Ask& ask) const;
  Status ask_below(std::size_t first, std::size_t last);
  Status check(std::span<const Logits> logits) const;
  void decode(Question& question, std::span<const Logits> logits) const;
  std::vector<LabelEnds> ends_of_labels(std::span<const Logits> parts) const;
  void choose(Question& question, std::span<const Logits> parts) const;
  void choose_several(Question& question, std::span<const Logits> parts) const;
  void add_known_names();
  wire::NluStep step_of(const Ask& ask, const Span& span) const;
  Status append_answers(std::size_t ask, wire::NluPath& path, std::vector<wire::NluPath>& out, std::size_t& bytes) const;

  // A text as it is read one way, and its rows.
  struct Side {
    ReadingMatter matter;
    std::vector<std::uint32_t> rows;
    std::uint32_t prompt_base;
  };
  const Side& side(Way way) const { return way == Way::search ? *searched : *chosen; }

  const Model* model;
  const Request request;
  const Limits limits;
  const Text sent;
  const FrontLabels front;
  std::optional<Side> searched, chosen;

  RowBook book;
  std::size_t fresh_rows = 0;
  std::vector<Slot> slots;  // of this step
  std::vector<Question> questions;
  std::map<std::pair<Way, std::uint32_t>, std::size_t> question_numbers;  // by the row of the prompt
  std::size_t fresh_questions = 0;
  std::vector<Ask> asks;  // level by level; the root's first
  std::size_t level = 0;  // where the asks of this step begin
  std::size_t found = 0;
  std::size_t slots_asked = 0;
};

// ---- What is asked ----

Way Extraction::State::way_of(const wire::NluKey& key) const {
  if (!key.leaf()) return Way::search;
  if (!request.labels.empty()) return Way::choose;
  if (front.labels.empty()) return key.name == sentiment_key ? Way::choose : Way::search;
  return request.decoding == Decoding::compat ? Way::search : Way::choose;
}

// Reads the text that way, if it has not been read so before.
Status Extraction::State::prepare(Way way) {
  std::optional<Side>& side = way == Way::search ? searched : chosen;
  if (side) return ok();
  if (way == Way::search) {
    side.emplace(Side{matter_to_search(*model, request.text), {}, 0});
  } else {
    const bool as_sent = request.labels.empty() && !front.labels.empty();
    const std::vector<std::string>& labels = request.labels.empty() ? sentiment_labels() : request.labels;
    std::string text = as_sent ? request.text : with_labels(labels, request.text);
    const std::uint32_t added = code_points_of(text) - code_points_of(request.text);
    GH_TRY(ReadingMatter matter, matter_to_choose(*model, std::move(text), added));
    side.emplace(Side{std::move(matter), {}, 0});
  }
  std::size_t widest = 0;
  for (const std::vector<TokenId>& part : side->matter.parts) {
    side->rows.push_back(book.number_of({.kind = Row::Kind::text, .first_position = 0, .ids = part}));
    widest = std::max(widest, part.size());
  }
  side->prompt_base = model->recipe.prompt_base.value_or(static_cast<std::uint32_t>(widest));
  return ok();
}

Status Extraction::State::open() {
  if (sent.size() == 0) return caller_error("text_empty", "text is empty").with_param("text");
  if (sent.size() > longest_text) {
    return Error(Code::too_large, Origin::caller, "text_too_long", "text has more than 20000 characters").with_param("text");
  }
  if (!request.labels.empty()) GH_CHECK(check_labels(request.labels));
  for (const wire::NluKey& key : request.schema.keys) {
    const Way way = way_of(key);
    GH_CHECK(prepare(way));
    GH_CHECK(ask({.key = &key}, way));
  }
  return ok();
}

Status Extraction::State::ask(Ask ask, Way way) {
  if (asks.size() == limits.asked)
    return too_much("more than " + std::to_string(limits.asked) + " prompts, one for a key and what was found above it");
  GH_TRY(ask.question, question(way, prompt_of(ask)));
  asks.push_back(ask);
  return ok();
}

Result<std::size_t> Extraction::State::question(Way way, const std::string& prompt) {
  const Side& read = side(way);
  Tokens tokens = model->tokenizer.encode(prompt, model->recipe.longest_prompt);
  const std::uint32_t row = book.number_of({.kind = Row::Kind::prompt, .first_position = read.prompt_base, .ids = std::move(tokens.ids)});
  const auto [known, fresh] = question_numbers.try_emplace({way, row}, questions.size());
  if (!fresh) return known->second;
  if (slots_asked + slots.size() + read.rows.size() > limits.slots) {
    return too_much("more than " + std::to_string(limits.slots) + " pairs of a prompt and a stretch of text");
  }
  questions.push_back({.way = way, .first_slot = slots.size(), .slots = read.rows.size()});
  for (const std::uint32_t text : read.rows) slots.push_back({.text = text, .prompt = row});
  return known->second;
}

// "type: span, type: span, key: ": what was found on the way, then the key.
std::string Extraction::State::prompt_of(const Ask& ask) const {
  std::vector<const Ask*> way = {&ask};
  while (way.back()->above) way.push_back(&asks[*way.back()->above]);
  std::string prompt;
  for (std::size_t i = way.size(); i-- > 1 && prompt.size() < most_prompt_bytes;) {
    const Span& span = questions[way[i]->question].found[way[i - 1]->find];
    prompt.append(way[i]->key->name).append(": ").append(searched->matter.text.slice(span.place)).append(", ");
  }
  return prompt.append(ask.key->name).append(": ");
}

// ---- What was found ----

Status Extraction::State::check(std::span<const Logits> logits) const {
  if (logits.size() != slots.size()) return internal_error("nlu_logits_invalid", "not as many as there are slots");
  const auto sound = [](std::span<const float> values, std::size_t size) {
    return values.size() == size && std::ranges::all_of(values, [](float value) { return std::isfinite(value); });
  };
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const std::size_t tokens = book.rows()[slots[i].text].ids.size();
    if (sound(logits[i].head, tokens) && sound(logits[i].tail, tokens)) continue;
    return internal_error("nlu_logits_invalid", "of slot " + std::to_string(i) + ": not one number a token");
  }
  return ok();
}

Status Extraction::State::take(std::span<const Logits> logits) {
  GH_CHECK(check(logits));
  for (std::size_t i = fresh_questions; i < questions.size(); ++i) decode(questions[i], logits);
  if (level == 0 && request.lexicon) add_known_names();
  slots_asked += slots.size();
  slots.clear();
  fresh_questions = questions.size();
  fresh_rows = book.rows().size();
  // Where all that a level asks has been asked before there is nothing to compute, and the next level is there at once.
  while (slots.empty() && level < asks.size()) {
    const std::size_t first = std::exchange(level, asks.size());
    GH_CHECK(ask_below(first, level));
  }
  return ok();
}

Status Extraction::State::ask_below(std::size_t first, std::size_t last) {
  for (std::size_t at = first; at < last; ++at) {
    const wire::NluKey& key = *asks[at].key;
    const std::size_t finds = questions[asks[at].question].found.size();
    found += finds;
    if (found > limits.found) return too_much("more than " + std::to_string(limits.found) + " finds");
    asks[at].first_below = asks.size();
    for (std::size_t find = 0; find < finds; ++find) {
      for (const wire::NluKey& below : key.below) GH_CHECK(ask({.key = &below, .above = at, .find = find}, Way::search));
    }
  }
  return ok();
}

void Extraction::State::decode(Question& question, std::span<const Logits> logits) const {
  const ReadingMatter& matter = side(question.way).matter;
  const double threshold = model->recipe.threshold;
  const std::span<const Logits> parts = logits.subspan(question.first_slot, question.slots);
  if (question.way == Way::search) {
    std::vector<std::span<const float>> heads, tails;
    for (const Logits& part : parts) heads.push_back(part.head), tails.push_back(part.tail);
    const std::vector<double> head = merged(heads, matter.windows, matter.places.size());
    question.found = decode_spans(head, merged(tails, matter.windows, matter.places.size()), matter.places, threshold);
    return;
  }
  if (request.decoding == Decoding::native) return choose(question, parts);
  if (request.decoding == Decoding::multi) return choose_several(question, parts);
  const std::vector<double> head(parts[0].head.begin(), parts[0].head.end()), tail(parts[0].tail.begin(), parts[0].tail.end());
  question.found = decode_spans(head, tail, matter.places, threshold);
  std::erase_if(question.found, [&](const Span& span) { return span.place.begin < matter.added && matter.added < span.place.end; });
}

// What the ends of each label are worth, in the mean of all stretches of the text.
std::vector<LabelEnds> Extraction::State::ends_of_labels(std::span<const Logits> parts) const {
  std::vector<LabelEnds> all;
  for (const std::optional<LabelTokens>& tokens : side(Way::choose).matter.label_tokens) {
    LabelEnds& ends = all.emplace_back();
    if (!tokens) continue;
    ends = {0, 0};
    for (const Logits& part : parts)
      ends.head += static_cast<double>(part.head[tokens->first]), ends.tail += static_cast<double>(part.tail[tokens->last]);
    ends.head /= static_cast<double>(parts.size()), ends.tail /= static_cast<double>(parts.size());
  }
  return all;
}

// The label that is worth most, and how sure that is.
void Extraction::State::choose(Question& question, std::span<const Logits> parts) const {
  std::vector<double> scores;
  for (const LabelEnds& ends : ends_of_labels(parts)) scores.push_back(ends.head + ends.tail);
  question.chances = softmax(scores);
  const auto best = static_cast<std::size_t>(std::ranges::max_element(scores) - scores.begin());
  question.found = {{.place = side(Way::choose).matter.labels[best], .score = question.chances[best]}};
}

// Every label that the model points at, with both of its ends; where it points at none, the one that is worth most.
void Extraction::State::choose_several(Question& question, std::span<const Logits> parts) const {
  const std::vector<LabelEnds> labels = ends_of_labels(parts);
  const auto found_at = [&](std::size_t label) {
    const LabelEnds& ends = labels[label];
    return Span{.place = side(Way::choose).matter.labels[label], .score = sigmoid(ends.head) * sigmoid(ends.tail)};
  };
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (std::min(labels[i].head, labels[i].tail) > model->recipe.threshold) question.found.push_back(found_at(i));
  }
  if (!question.found.empty()) return;
  const auto worth = [](const LabelEnds& ends) { return ends.head + ends.tail; };
  question.found.push_back(found_at(static_cast<std::size_t>(std::ranges::max_element(labels, {}, worth) - labels.begin())));
}

// What the lexicon knows of the keys at the root. A name is found once, by the model where it has found the very same.
void Extraction::State::add_known_names() {
  for (const Ask& ask : asks) {
    Question& question = questions[ask.question];
    if (question.way != Way::search) continue;
    for (const Place& name : request.lexicon->find(sent, ask.key->name)) {
      std::erase_if(question.found, [&](const Span& span) {
        return span.place != name && span.place.begin >= name.begin && span.place.end <= name.end && span.source == wire::NluSource::model;
      });
      if (std::ranges::find(question.found, name, &Span::place) != question.found.end()) continue;
      question.found.push_back({.place = name, .score = 1, .source = wire::NluSource::lexicon});
    }
    std::ranges::sort(question.found);
  }
}

// ---- The answer ----

wire::NluStep Extraction::State::step_of(const Ask& ask, const Span& span) const {
  const ReadingMatter& matter = side(questions[ask.question].way).matter;
  wire::NluStep step{.type = ask.key->name,
                     .span = std::string(matter.text.slice(span.place)),
                     .offset = std::nullopt,
                     .score = span.score,
                     .source = span.source};
  const Place place = span.place;
  if (place.begin >= matter.added) step.offset = sent.offset({place.begin - matter.added, place.end - matter.added}, request.unit);
  return step;
}

Status Extraction::State::append_answers(std::size_t ask, wire::NluPath& path, std::vector<wire::NluPath>& out, std::size_t& bytes) const {
  const Ask& asked = asks[ask];
  const std::vector<Span>& finds = questions[asked.question].found;
  const std::size_t below = asked.key->below.size();
  for (std::size_t find = 0; find < finds.size(); ++find) {
    path.push_back(step_of(asked, finds[find]));
    if (below == 0 || request.answers == Answers::every_step) {
      for (const wire::NluStep& step : path) bytes += step.type.size() + step.span.size() + step_bytes;
      if (bytes > limits.answer_bytes) return too_much("its answer has more than " + std::to_string(limits.answer_bytes) + " bytes");
      out.push_back(path);
    }
    for (std::size_t key = 0; key < below; ++key) GH_CHECK(append_answers(asked.first_below + find * below + key, path, out, bytes));
    path.pop_back();
  }
  return ok();
}

Result<std::vector<wire::NluPath>> Extraction::State::answer() const {
  std::vector<wire::NluPath> out;
  wire::NluPath path;
  std::size_t bytes = 0;
  for (std::size_t key = 0; key < request.schema.keys.size(); ++key) GH_CHECK(append_answers(key, path, out, bytes));
  return out;
}

// ---- What is seen of it ----

Extraction::Extraction(std::unique_ptr<State> state) : state_(std::move(state)) {}
Extraction::~Extraction() = default;
Extraction::Extraction(Extraction&&) noexcept = default;
Extraction& Extraction::operator=(Extraction&&) noexcept = default;

Result<Extraction> Extraction::begin(const Model& model, Request request, Limits limits) {
  GH_ASSERT(!request.schema.keys.empty());
  auto state = std::make_unique<State>(model, std::move(request), limits);
  GH_CHECK(state->open());
  return Extraction(std::move(state));
}

const std::vector<Row>& Extraction::rows() const { return state_->book.rows(); }
std::size_t Extraction::fresh_rows() const { return state_->fresh_rows; }
std::span<const Slot> Extraction::slots() const { return state_->slots; }
Status Extraction::take(std::span<const Logits> logits) { return GH_ASSERT(!done()), state_->take(logits); }
Result<std::vector<wire::NluPath>> Extraction::answer() const { return GH_ASSERT(done()), state_->answer(); }

std::span<const double> Extraction::chances(std::size_t key) const {
  return GH_ASSERT(done()), state_->questions[state_->asks[key].question].chances;
}

std::vector<Task> Extraction::tasks() const {
  return tasks_of(state_->request.schema, state_->labelled(), state_->model->recipe.event_types);
}

}  // namespace gatehouse::nlu
