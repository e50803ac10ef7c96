//! Videos and cameras.

use clap::Args;

/// How a video is looked at.
#[derive(Args)]
pub struct VideoArgs {
    /// Watch this camera, 0 for the first, until Ctrl-C
    #[arg(long, value_name = "NUMBER", conflicts_with = "inputs")]
    camera: Option<u32>,
    /// Videos: look at each n-th frame only [default: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    every: Option<u64>,
    /// Videos: seconds that probabilities are averaged over, up to each frame [default: 0.5]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    smooth: Option<f64>,
}

fn seconds(text: &str) -> Result<f64, String> {
    let expected = || "seconds from 0 to 60".to_string();
    text.parse().ok().filter(|s| (0.0..=60.0).contains(s)).ok_or_else(expected)
}

impl VideoArgs {
    /// Whether a camera is watched.
    pub fn is_camera(&self) -> bool {
        self.camera.is_some()
    }

    /// An option that means nothing for pictures.
    pub fn of_videos_only(&self) -> Option<&'static str> {
        self.every.map(|_| "--every").or(self.smooth.map(|_| "--smooth"))
    }
}

/// Videos need OpenCV.
#[cfg(not(feature = "opencv"))]
pub fn run(
    _: &super::PredictArgs,
    _: &ferrofuse::predict::Expressions,
    _: &[ferrofuse::predict::Input],
    _: &crate::cli::Context,
) -> anyhow::Result<()> {
    Err(ferrofuse::Error::FeatureOff { what: "reading videos".into(), feature: "opencv" }.into())
}

#[cfg(feature = "opencv")]
pub use watching::run;

#[cfg(feature = "opencv")]
mod watching {
    use std::fs::File;
    use std::io::{BufWriter, Write};
    use std::path::{Path, PathBuf};

    use comfy_table::{CellAlignment, Table, presets};
    use ferrofuse::predict::{
        Committee, Expressions, Frame, FrameSink, Input, TrackedFace, VideoSource, VideoWriter, WatchOptions, Watched,
        annotated_frame, frame_csv_header, frame_csv_lines, frame_json_lines, watch,
    };
    use ferrofuse::report::{self, Timeline};
    use ferrofuse::{Error, Progress, Result};
    use serde_json::{Value, json};

    use super::super::output::ignore_closed_pipe;
    use super::super::places::Places;
    use super::super::{Format, PredictArgs};
    use crate::cli::Context;

    /// Looks at each video, or at the camera.
    pub fn run(args: &PredictArgs, expressions: &Expressions, all: &[Input], context: &Context) -> anyhow::Result<()> {
        let (mut outcomes, mut faults) = (Vec::new(), Vec::new());
        let mut places = args.output.as_deref().map(|folder| Places::new(folder, all)).transpose()?;
        if !context.json && args.format == Format::Csv {
            print(&csv_line(&frame_csv_header(expressions.committee().classes()))?)?;
        }
        for input in all {
            if let Input::Closed { path, why } = input {
                faults.push(format!("{}: {why}", path.display()));
            }
        }
        if let Some(number) = args.video.camera {
            let source = VideoSource::camera(number)?;
            let name = PathBuf::from(format!("camera-{number}.mp4"));
            let files = places.as_mut().map(|places| places.video(&name));
            outcomes.push(one(args, expressions, source, (&name, files), context)?);
        }
        for input in all {
            let (Some(path), Some(inside)) = (input.video(), input.inside()) else { continue };
            let source = match VideoSource::file(path) {
                Ok(source) => source,
                Err(e @ (Error::Malformed { .. } | Error::Missing { .. })) => {
                    faults.push(e.to_string());
                    continue;
                }
                Err(e) => return Err(e.into()),
            };
            let files = places.as_mut().map(|places| places.video(inside));
            let outcome = one(args, expressions, source, (path, files), context)?;
            if let Some(fault) = &outcome.fault {
                faults.push(format!("{}: {fault}", path.display()));
            }
            let stopped = outcome.watched.stopped;
            outcomes.push(outcome);
            if stopped {
                break;
            }
        }
        if context.json {
            context.print("", &json!({ "videos": outcomes.iter().map(|o| &o.value).collect::<Vec<_>>() }));
        }
        if args.fail_on_no_face {
            let empty = outcomes.iter().filter(|o| o.watched.looked_at == o.watched.without_face);
            faults.extend(empty.map(|o| format!("{}: no face was found in any frame", o.name)));
        }
        if let Some(stopped) = outcomes.iter().find(|o| o.watched.stopped && args.video.camera.is_none()) {
            let kept =
                format!("what was seen in the first {} frames of {} is written", stopped.watched.frames, stopped.name);
            return Err(Error::Interrupted { kept }.into());
        }
        match faults.is_empty() {
            true => Ok(()),
            false => anyhow::bail!("{}", faults.join("; ")),
        }
    }

    /// What came of one video.
    struct Outcome {
        name: String,
        watched: Watched,
        /// What is wrong with the file.
        fault: Option<String>,
        value: Value,
    }

    fn one(
        args: &PredictArgs,
        expressions: &Expressions,
        mut source: VideoSource,
        (path, copy): (&Path, Option<PathBuf>),
        context: &Context,
    ) -> anyhow::Result<Outcome> {
        let (name, classes) = (source.name().to_string(), expressions.committee().classes());
        let mut sink = Sink::new(args, (&name, copy.as_deref()), (classes, source.rate()), context)?;
        let options = WatchOptions { every: args.video.every.unwrap_or(1), window: args.video.smooth.unwrap_or(0.5) };
        let shown = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        context.progress.start(&shown, source.announced().unwrap_or(0), "frames");
        let watched = watch(expressions, &mut source, options, &mut sink, &context.progress);
        context.progress.finish("");
        let watched = watched?;
        let fault = if watched.stopped { None } else { source.cut_short() };
        let remark = expressions.committee().remark();
        let files = sink.finish(remark.is_some())?;
        let value = summary((&name, expressions.committee()), &watched, &sink.timeline, &files);
        if !context.json && args.format == Format::Table {
            let mut text = format!("{}\n", table(&sink.timeline, classes));
            text.push_str(&format!(
                "{name}: frames: {}, looked at: {}, without a face: {}",
                watched.frames, watched.looked_at, watched.without_face
            ));
            if let Some(remark) = remark {
                text.push_str(&format!("\n{remark}"));
            }
            for file in &files {
                text.push_str(&format!("\nwritten: {}", file.display()));
            }
            context.print(&text, &Value::Null);
        }
        Ok(Outcome { name, watched, fault, value })
    }

    /// Writes frames as they come.
    struct Sink<'a> {
        source: String,
        classes: &'a [String],
        columns: usize,
        timeline: Timeline,
        stdout: Option<Format>,
        rate: f64,
        files: Option<Files>,
        /// Faces of the last frame that was looked at, for those between.
        last: Vec<TrackedFace>,
    }

    struct Files {
        folder: PathBuf,
        stem: String,
        video_path: PathBuf,
        video: Option<VideoWriter>,
        csv: csv::Writer<BufWriter<File>>,
        jsonl: BufWriter<File>,
    }

    impl<'a> Sink<'a> {
        fn new(
            args: &PredictArgs,
            (source, copy): (&str, Option<&Path>),
            (classes, rate): (&'a [String], f64),
            context: &Context,
        ) -> anyhow::Result<Self> {
            let header = frame_csv_header(classes);
            let stdout = (!context.json && args.format != Format::Table).then_some(args.format);
            let files = copy.map(|copy| Files::open(copy, &header)).transpose()?;
            let timeline = Timeline::new(classes.len());
            let (source, columns) = (source.to_string(), header.len());
            Ok(Self { source, classes, columns, timeline, stdout, rate, files, last: Vec::new() })
        }

        /// Completes the files and says which they are.
        fn finish(&mut self, synthetic: bool) -> Result<Vec<PathBuf>> {
            let Some(files) = self.files.take() else { return Ok(Vec::new()) };
            let Files { folder, stem, video, mut csv, mut jsonl, .. } = files;
            let io = |e| Error::io("write", &folder, e);
            csv.flush().map_err(io)?;
            jsonl.flush().map_err(io)?;
            let mut written: Vec<PathBuf> = video.map(VideoWriter::finish).transpose()?.into_iter().collect();
            written.extend([folder.join(format!("{stem}.csv")), folder.join(format!("{stem}.jsonl"))]);
            let title = (self.source.as_str(), synthetic);
            let stem = format!("{stem}-timeline");
            written.extend(report::write_timeline(&folder, &stem, title, &self.timeline, self.classes)?);
            Ok(written)
        }
    }

    impl FrameSink for Sink<'_> {
        fn take(&mut self, frame: &Frame, faces: Option<&[TrackedFace]>) -> Result<()> {
            if let Some(faces) = faces {
                self.timeline.look(frame.time);
                for tracked in faces {
                    self.timeline.add(tracked.track, frame.time, &tracked.face.probabilities);
                }
                let rows = frame_csv_lines(&self.source, frame, faces, self.columns);
                let lines = frame_json_lines(&self.source, frame, faces, self.classes);
                match self.stdout {
                    Some(Format::Csv) => rows.iter().try_for_each(|row| print(&csv_line(row)?))?,
                    Some(Format::Jsonl) => lines.iter().try_for_each(|line| print(&format!("{line}\n")))?,
                    Some(Format::Table) | None => {}
                }
                if let Some(files) = &mut self.files {
                    files.record(&rows, &lines)?;
                }
                self.last = faces.to_vec();
            }
            match &mut self.files {
                Some(files) => files.draw(frame, &self.last, self.classes, self.rate),
                None => Ok(()),
            }
        }
    }

    impl Files {
        /// Beside the place of the video's copy.
        fn open(copy: &Path, header: &[String]) -> Result<Self> {
            let folder = copy.parent().unwrap_or(Path::new("."));
            std::fs::create_dir_all(folder).map_err(|e| Error::io("make", folder, e))?;
            let stem = copy.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let file = |extension: &str| {
                let path = folder.join(format!("{stem}.{extension}"));
                File::create(&path).map(BufWriter::new).map_err(|e| Error::io("write", &path, e))
            };
            let mut csv = csv::Writer::from_writer(file("csv")?);
            csv.write_record(header).map_err(|e| Error::io("write", folder, e.into()))?;
            let (video_path, jsonl) = (copy.to_path_buf(), file("jsonl")?);
            Ok(Self { folder: folder.to_path_buf(), stem, video_path, video: None, csv, jsonl })
        }

        fn record(&mut self, rows: &[Vec<String>], lines: &[Value]) -> Result<()> {
            for row in rows {
                self.csv.write_record(row).map_err(|e| Error::io("write", &self.folder, e.into()))?;
            }
            for line in lines {
                writeln!(self.jsonl, "{line}").map_err(|e| Error::io("write", &self.folder, e))?;
            }
            Ok(())
        }

        fn draw(&mut self, frame: &Frame, faces: &[TrackedFace], classes: &[String], rate: f64) -> Result<()> {
            let drawn = annotated_frame(frame, faces, classes)?;
            if self.video.is_none() {
                let (height, width, _) = drawn.dim();
                self.video = Some(VideoWriter::new(&self.video_path, [height, width], rate)?);
            }
            self.video.as_mut().map_or(Ok(()), |video| video.write(&drawn))
        }
    }

    fn csv_line(cells: &[String]) -> Result<String> {
        let fail = |e: String| Error::backend("csv", "write a row", e);
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(cells).map_err(|e| fail(e.to_string()))?;
        let bytes = writer.into_inner().map_err(|e| fail(e.to_string()))?;
        String::from_utf8(bytes).map_err(|e| fail(e.to_string()))
    }

    fn print(text: &str) -> Result<()> {
        ignore_closed_pipe(std::io::stdout().write_all(text.as_bytes()))
            .map_err(|e| Error::io("write", "standard output", e))
    }

    /// A line for each face, those first that were seen longest.
    fn table(timeline: &Timeline, classes: &[String]) -> Table {
        let mut table = Table::new();
        table.load_preset(presets::UTF8_FULL_CONDENSED);
        table.set_header(["face", "from, s", "to, s", "frames", "on average", "%", "next", "%"]);
        for course in timeline.courses() {
            let (means, [from, to]) = (course.means(), course.seen);
            let order = by_strength(&means);
            let mut cells = vec![course.track.to_string(), format!("{from:.1}"), format!("{to:.1}")];
            cells.push(course.frames.to_string());
            for &class in order.iter().take(2) {
                cells.extend([classes[class].clone(), format!("{:.1}", 100.0 * means[class])]);
            }
            table.add_row(cells);
        }
        for column in [0, 1, 2, 3, 5, 7] {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        table
    }

    fn by_strength(means: &[f64]) -> Vec<usize> {
        let mut order: Vec<usize> = (0..means.len()).collect();
        order.sort_by(|&a, &b| means[b].total_cmp(&means[a]));
        order
    }

    fn summary(
        (name, committee): (&str, &Committee),
        watched: &Watched,
        timeline: &Timeline,
        files: &[PathBuf],
    ) -> Value {
        let classes = committee.classes();
        let models: Vec<&str> = committee.members().iter().map(|m| m.name.as_str()).collect();
        let faces: Vec<Value> = timeline
            .courses()
            .into_iter()
            .map(|course| {
                let means = course.means();
                let strongest = by_strength(&means).first().map(|&class| classes[class].clone());
                let by_name: serde_json::Map<_, _> =
                    classes.iter().cloned().zip(means.iter().map(|m| json!(m))).collect();
                json!({
                    "face": course.track,
                    "from": course.seen[0],
                    "to": course.seen[1],
                    "frames": course.frames,
                    "class": strongest,
                    "mean_probabilities": by_name,
                })
            })
            .collect();
        json!({
            "source": name,
            "models": models,
            "frames": watched.frames,
            "looked_at": watched.looked_at,
            "without_face": watched.without_face,
            "stopped": watched.stopped,
            "faces": faces,
            "files": files,
        })
    }
}
