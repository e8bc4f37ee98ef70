#include "embedder.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "decisions.h"

namespace gatehouse::gateway {

namespace w = wire::engine;

namespace {

// Of a call to the engine: a second or two of a core, at the end of which another tenant has their turn.
constexpr std::size_t tokens_a_call = 4096;
// What a reactor reads of texts, and writes of numbers, between two looks at its connections.
constexpr std::size_t most_bytes_here = std::size_t{16} * 1024, most_numbers_here = 8192;

using AnyRequest = std::variant<wire::EmbeddingsRequest, wire::RerankRequest>;

const std::string& model_named_by(const AnyRequest& request) {
  return std::visit([](const auto& one) -> const std::string& { return one.model; }, request);
}

std::string_view task_of(const AnyRequest& request) {
  return std::holds_alternative<wire::EmbeddingsRequest>(request) ? "embeddings" : "rerank";
}

std::size_t bytes_in(const AnyRequest& request) {
  std::size_t bytes = 0;
  if (const auto* embeddings = std::get_if<wire::EmbeddingsRequest>(&request)) {
    for (const std::string& text : embeddings->input.texts) bytes += text.size();
    for (const auto& tokens : embeddings->input.token_lists) bytes += tokens.size();
    return bytes;
  }
  const auto& rerank = std::get<wire::RerankRequest>(request);
  for (const wire::RerankDocument& document : rerank.documents) bytes += document.text.size();
  return bytes + rerank.query.size();
}

// Each text goes as its row comes: what waits for the engine then is small.
Result<std::vector<wire::TokenRow>> rows_in(const nlu::TextReader& reader, wire::EmbeddingsRequest& request) {
  std::vector<wire::TokenRow> rows;
  rows.reserve(request.input.size());
  for (std::string& text : request.input.texts) rows.push_back(nlu::row_of(reader, std::exchange(text, {})));
  for (std::vector<std::uint32_t>& tokens : request.input.token_lists) {
    Result<wire::TokenRow> row = nlu::row_of(reader, std::exchange(tokens, {}));
    if (!row) return std::move(row).error().with_param("input");
    rows.push_back(std::move(*row));
  }
  return rows;
}

Result<std::vector<wire::TokenRow>> rows_in(const nlu::TextReader& reader, wire::RerankRequest& request) {
  const nlu::PairReader pairs(reader, std::exchange(request.query, {}));
  std::vector<wire::TokenRow> rows;
  rows.reserve(request.documents.size());
  for (wire::RerankDocument& document : request.documents) {
    rows.push_back(pairs.row_with(document.text));
    if (!request.return_documents) document.text = std::string();
  }
  return rows;
}

// What the manifest says, else what the graph does; 0: neither is known yet.
std::size_t width_of(const ServedModel& model) {
  std::int64_t width = 0;
  if (!model.manifest->outputs.empty()) {
    const std::vector<std::int64_t>& shape = model.manifest->outputs.front().shape;
    width = shape.size() == 2 ? shape.back() : 1;
  } else if (const auto signature = model.tensors->signature(); signature && !signature->outputs.empty()) {
    width = signature->outputs.front().shape.back();
  }
  return static_cast<std::size_t>(std::max<std::int64_t>(width, 0));
}

std::optional<std::uint32_t> dimensions_of(const AnyRequest& request) {
  const auto* embeddings = std::get_if<wire::EmbeddingsRequest>(&request);
  return embeddings != nullptr ? embeddings->dimensions : std::nullopt;
}

Status check_dimensions(const AnyRequest& request, std::size_t width) {
  const std::optional<std::uint32_t> dimensions = dimensions_of(request);
  if (!dimensions || width == 0 || *dimensions <= width) return ok();
  return caller_error("invalid_value", "dimensions is " + std::to_string(*dimensions) + ", and the model's vectors have " +
                                           std::to_string(width) + " numbers")
      .with_param("dimensions");
}

// The first so many numbers of each vector, as long as 1 again.
wire::RowValues shortened(const wire::RowValues& values, std::size_t width) {
  wire::RowValues cut;
  cut.width = width;
  cut.values.reserve(values.rows() * width);
  for (std::size_t i = 0; i < values.rows(); ++i) {
    const std::span<const float> kept = values.row(i).first(width);
    double squares = 0;
    for (const float value : kept) squares += static_cast<double>(value) * static_cast<double>(value);
    const double length = squares > 0 ? std::sqrt(squares) : 1;
    for (const float value : kept) cut.values.push_back(static_cast<float>(static_cast<double>(value) / length));
  }
  return cut;
}

Result<std::string> reply_text(const wire::EmbeddingsRequest& request, const wire::RowValues& values, std::string_view model,
                               const Usage& usage) {
  const bool cut = request.dimensions && *request.dimensions < values.width;
  const wire::RowValues shorter = cut ? shortened(values, *request.dimensions) : wire::RowValues();
  wire::EmbeddingsReply reply;
  reply.model = model;
  reply.form = request.form;
  reply.width = cut ? shorter.width : values.width;
  reply.values = cut ? shorter.values : values.values;
  reply.usage = usage;
  std::string json;
  wire::write_embeddings_reply(json, reply);
  return json;
}

// A cross-encoder's own number is a logit.
Result<std::string> reply_text(const wire::RerankRequest& request, const wire::RowValues& values, std::string_view model,
                               const Usage& usage) {
  if (values.width != 1) {
    return Error(Code::internal, Origin::engine, "output_unexpected", "The model's answer cannot be read")
        .with_detail("a cross-encoder makes one number of a pair");
  }
  std::vector<float> scores;
  scores.reserve(values.rows());
  for (const float value : values.values) scores.push_back(1.0F / (1.0F + std::exp(-value)));
  std::string json;
  wire::write_rerank_reply(json, request, {model, scores, usage});
  return json;
}

std::vector<std::string_view> views_of(const std::vector<std::string>& texts) { return {texts.begin(), texts.end()}; }

std::string kept_content(const AnyRequest& request) {
  if (const auto* embeddings = std::get_if<wire::EmbeddingsRequest>(&request)) {
    const KeptTexts input{"input", views_of(embeddings->input.texts)};
    return content_of(std::span(&input, 1));
  }
  const auto& rerank = std::get<wire::RerankRequest>(request);
  KeptTexts parts[] = {{"query", {rerank.query}}, {"documents", {}}};
  for (const wire::RerankDocument& document : rerank.documents) parts[1].texts.emplace_back(document.text);
  return content_of(std::span<const KeptTexts>(parts));
}

}  // namespace

Result<Embedder::Asked> Embedder::read(Guest& guest, Ledger& ledger) {
  GH_TRY(const wire::JsonValue root, guest.parser().parse(guest.body()));
  const bool embedding = guest.action() == Action::embeddings;
  auto request = std::make_shared<Request>();
  if (embedding) {
    GH_TRY(*request, wire::read_embeddings_request(root));
  } else {
    GH_TRY(*request, wire::read_rerank_request(root));
  }
  const auto choose = embedding ? &choose_embedding_model : &choose_rerank_model;
  GH_TRY(const ServedModel* const model, choose(desk_.models, guest.identified().principal(), model_named_by(*request)));
  ledger.model = model->name;
  ledger.task = task_of(*request);
  GH_TRY(TensorPermitted permitted, TensorAuthorizer::permit_tasks(guest.identified(), guest.seat(), *model, {}));
  GH_CHECK(check_dimensions(*request, width_of(*model)));
  return Asked{std::move(request), std::move(permitted)};
}

Task<Status> Embedder::check_width(Reactor& reactor, const Asked& asked) const {
  const ServedModel& model = asked.permitted.model();
  if (!dimensions_of(*asked.request) || width_of(model) > 0) co_return ok();
  Status there = co_await desk_.dispatch.wait_for_engine(reactor, asked.permitted);
  if (!there) co_return there;
  co_return check_dimensions(*asked.request, width_of(model));
}

Result<Embedder::TextsRead> Embedder::read_all(const nlu::TextReader& reader, Request& request, bool keeps_content) {
  TextsRead read;
  if (keeps_content) read.content = kept_content(request);
  GH_TRY(read.rows, std::visit([&reader](auto& one) { return rows_in(reader, one); }, request));
  return read;
}

Task<Result<Embedder::TextsRead>> Embedder::read_texts(Reactor& reactor, const Asked& asked) {
  const identity::Principal& who = asked.permitted.identified().principal();
  const std::shared_ptr<const nlu::TextReader> reader = asked.permitted.model().texts;
  const bool is_long = bytes_in(*asked.request) > most_bytes_here;
  std::function<Result<TextsRead>()> work = [reader, request = asked.request, keeps_content = contents_.keep(who.tenant)] {
    return read_all(*reader, *request, keeps_content);
  };
  auto working = texts_.read<TextsRead>(reactor, who.tenant_number, is_long, std::move(work));
  Result<TextsRead> read = co_await std::move(working);
  co_return read;
}

Task<void> Embedder::run(const Received& received, Egress& egress, Ledger& ledger) {
  const Result<std::unique_ptr<Guest>> guest = co_await desk_.receive(received, egress);
  if (!guest) co_return egress.respond(guest.error());
  const Result<Asked> asked = read(**guest, ledger);
  (*guest)->understood();
  if (!asked) co_return egress.respond(asked.error());
  co_await answer(*asked, egress, ledger);
}

Task<void> Embedder::answer(const Asked& asked, Egress& egress, Ledger& ledger) {
  Reactor& reactor = egress.exchange().reactor();
  Result<Tab> tab = desk_.admission.open(asked.permitted, egress.limits(), ledger.task);
  if (!tab) co_return egress.respond(tab.error());
  const Status fits = co_await check_width(reactor, asked);
  if (!fits) co_return egress.respond(fits.error());
  Result<TextsRead> texts = co_await read_texts(reactor, asked);
  if (!texts) co_return egress.respond(texts.error());
  const Measures needs{.prompt_tokens = static_cast<std::uint32_t>(nlu::tokens_in(texts->rows)), .allowance = 0, .choices = 0};
  std::vector<nlu::RowCall> calls = nlu::plan_calls(std::move(texts->rows), tokens_a_call);
  Result<TensorMeasured> measured = desk_.measure.measure(asked.permitted, wire::call_of(calls.front().rows));
  if (!measured) co_return egress.respond(measured.error());
  Result<TensorAdmitted> admitted = TensorAdmission::admit(std::move(*measured), std::move(*tab), egress.limits(), needs);
  if (!admitted) co_return egress.respond(admitted.error());
  const Instant began = reactor.clock().now();
  Result<wire::RowValues> values = co_await compute(reactor, *admitted, asked, std::move(calls), ledger);
  ledger.generated_for = reactor.clock().now() - began;
  ledger.content = std::move(texts->content);
  Result<std::string> reply = std::string();
  if (values) {
    ledger.usage.cost = admitted->tab().cost(ledger.usage);
    reply = co_await reply_with(reactor, asked, std::move(*values), ledger);
  } else {
    reply = std::move(values).error();
  }
  conclude(admitted->tab(), std::move(reply), egress, ledger);
}

Task<Result<wire::RowValues>> Embedder::compute(Reactor& reactor, TensorAdmitted& admitted, const Asked& asked,
                                                std::vector<nlu::RowCall> calls, Ledger& ledger) const {
  std::size_t rows = 0;
  for (const nlu::RowCall& call : calls) rows += call.rows.size();
  wire::RowValues values;
  for (const nlu::RowCall& call : calls) {
    Result<TensorMeasured> measured = desk_.measure.measure(admitted.permitted(), wire::call_of(call.rows));
    if (!measured) co_return measured.error();
    admitted.go_on_with(std::move(*measured));
    const Instant began = reactor.clock().now();
    const Result<w::Inferred> inferred = co_await desk_.dispatch.infer(reactor, admitted);
    count_call(admitted, inferred, reactor.clock().now() - began, reactor.clock().wall());
    if (!inferred) co_return inferred.error();
    ledger.usage.prompt_tokens += static_cast<std::uint32_t>(nlu::tokens_in(call.rows));
    const Result<wire::RowValues> made = wire::row_values_of(*inferred, call.rows.size());
    if (!made) co_return made.error();
    if (values.width == 0) {
      const Status fits = check_dimensions(*asked.request, made->width);
      if (!fits) co_return fits.error();
      values.width = made->width;
      values.values.resize(rows * made->width);
    }
    if (made->width != values.width) co_return internal_error("output_unexpected", "rows of one model differ in width");
    for (std::size_t i = 0; i < call.places.size(); ++i) {
      std::ranges::copy(made->row(i), values.values.begin() + static_cast<std::ptrdiff_t>(call.places[i] * values.width));
    }
  }
  co_return values;
}

Task<Result<std::string>> Embedder::reply_with(Reactor& reactor, const Asked& asked, wire::RowValues values, const Ledger& ledger) {
  const bool is_long = values.values.size() > most_numbers_here;
  std::function<Result<std::string>()> work = [request = asked.request, values = std::move(values), model = ledger.model,
                                               usage = ledger.usage] {
    return std::visit([&](const auto& one) { return reply_text(one, values, model, usage); }, *request);
  };
  auto working = texts_.write<std::string>(reactor, is_long, std::move(work));
  Result<std::string> reply = co_await std::move(working);
  co_return reply;
}

}  // namespace gatehouse::gateway
