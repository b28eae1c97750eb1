/* SPDX-License-Identifier: Apache-2.0 */

/* PATH: lets libyaml parse the file and drops the events. Answers the time of that alone, the file
 * being in memory before, and the number of events. */

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

#include "command.h"

static uint64_t parse(const char *path, const unsigned char *text, size_t n_text)
{
	yaml_parser_t parser;
	yaml_event_t event;
	uint64_t n_events = 0;
	int is_end = 0;

	if (!yaml_parser_initialize(&parser))
		die(path);
	yaml_parser_set_input_string(&parser, text, n_text);
	while (!is_end) {
		if (!yaml_parser_parse(&parser, &event))
			refuse(path, parser.problem ? parser.problem : "libyaml failed");
		is_end = event.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
		n_events++;
	}
	yaml_parser_delete(&parser);
	return n_events;
}

int main(void)
{
	struct command command = { 0 };

	while (command_read(&command, 1)) {
		const char *path = command.words[0];
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		struct stat st;
		uint64_t begin, n;
		void *text;

		if (fd < 0 || fstat(fd, &st) < 0)
			die(path);
		text = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
		if (text == MAP_FAILED)
			die(path);
		begin = now_ns();
		n = parse(path, text, (size_t)st.st_size);
		command_answer(now_ns() - begin, n);
		munmap(text, (size_t)st.st_size);
		close(fd);
	}
	free(command.line);
	return 0;
}
