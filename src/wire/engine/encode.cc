#include <bit>
#include <cstring>
#include <iterator>
#include <utility>

#include "engine/layout.h"
#include "gatehouse/base/assert.h"

namespace gatehouse::wire::engine {
namespace {

static_assert(std::endian::native == std::endian::little, "integers are copied as they lie");

template <class T>
void put(std::string& out, const T& value);

void put_bytes(std::string& out, std::string_view bytes) {
  put(out, static_cast<std::uint32_t>(bytes.size()));
  out.append(bytes);
}

template <class T>
void put_list(std::string& out, const std::vector<T>& items) {
  put(out, static_cast<std::uint32_t>(items.size()));
  for (const T& item : items) put(out, item);
}

template <class T>
void put(std::string& out, const T& value) {
  if constexpr (is_record<T>) {
    std::apply([&](auto... member) { (put(out, value.*member), ...); }, layout<T>);
  } else if constexpr (std::is_enum_v<T> || std::is_same_v<T, bool>) {
    out.push_back(static_cast<char>(value));
  } else if constexpr (std::is_arithmetic_v<T>) {
    char bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));
    out.append(bytes, sizeof(T));
  } else if constexpr (std::is_same_v<T, std::string>) {
    put_bytes(out, value);
  } else if constexpr (std::is_same_v<T, std::optional<std::uint64_t>>) {
    put(out, value.has_value());
    if (value) put(out, *value);
  } else {
    put_list(out, value);
  }
}

void put_header(std::string& out, std::size_t length, Type type, std::uint16_t flags, std::uint64_t job) {
  put(out, static_cast<std::uint32_t>(length));
  put(out, type);
  put(out, protocol_version);
  put(out, flags);
  put(out, job);
}

void put_parts(std::string& out, std::uint64_t job, Type type, std::string_view payload) {
  while (payload.size() > max_payload) {
    put_header(out, max_payload, type, flag_more, job);
    out.append(payload.substr(0, max_payload));
    payload.remove_prefix(max_payload);
  }
  put_header(out, payload.size(), type, 0, job);
  out.append(payload);
}

// What is told of an event's tokens may come behind it.
void put_scores_apart(std::string& out, std::uint64_t job, TokenEvent event) {
  TokenEvent rest;
  rest.job = event.job;
  rest.choice = event.choice;
  rest.ended = std::exchange(event.ended, false);
  rest.reason = std::exchange(event.reason, FinishReason::stop);
  const auto middle = event.scores.begin() + static_cast<std::ptrdiff_t>(event.scores.size() / 2);
  rest.scores.assign(std::move_iterator(middle), std::move_iterator(event.scores.end()));
  event.scores.erase(middle, event.scores.end());
  encode(job, TokenBatch{{std::move(event)}}, out);
  encode(job, TokenBatch{{std::move(rest)}}, out);
}

void put_halves(std::string& out, std::uint64_t job, const TokenBatch& batch) {
  if (batch.events.size() == 1) return put_scores_apart(out, job, batch.events.front());
  const auto middle = batch.events.begin() + static_cast<std::ptrdiff_t>(batch.events.size() / 2);
  encode(job, TokenBatch{{batch.events.begin(), middle}}, out);
  encode(job, TokenBatch{{middle, batch.events.end()}}, out);
}

}  // namespace

void encode(std::uint64_t job, const Body& body, std::string& out) {
  const std::size_t start = out.size();
  const Type type = type_by_index[body.index()];
  put_header(out, 0, type, 0, job);
  std::visit([&](const auto& fields) { put(out, fields); }, body);
  const std::size_t length = out.size() - start - header_bytes;
  if (length <= max_payload) {
    const auto known = static_cast<std::uint32_t>(length);
    std::memcpy(out.data() + start, &known, sizeof known);
    return;
  }
  // Too long for one frame. Nothing half-written may stay behind when an assertion throws.
  const std::string payload = comes_in_parts(type) ? out.substr(start + header_bytes) : std::string();
  out.resize(start);
  if (comes_in_parts(type)) {
    GH_ASSERT(length <= max_assembled);
    return put_parts(out, job, type, payload);
  }
  const auto* batch = std::get_if<TokenBatch>(&body);
  GH_ASSERT(batch != nullptr && (batch->events.size() > 1 || batch->events.front().scores.size() > 1));
  put_halves(out, job, *batch);
}

}  // namespace gatehouse::wire::engine
